//! Pictures of filters, as plain pixels.

use crate::error::{Error, at_least_one, same_size};
use crate::memory::zeros;
use crate::scalar::Real;
use nalgebra::DMatrix;

/// How filters of images are laid out on a sheet.
///
/// | name | default | purpose | range |
/// |---|---|---|---|
/// | `new(height, width, channels)` | | shape of a filter: n = height · width · channels | at least 1 each |
/// | [`columns`](Self::columns) | 10 | filters in a row of the sheet | at least 1 |
/// | [`zoom`](Self::zoom) | 1 | pixels of the sheet, in each direction, for one of a filter | at least 1 |
/// | [`gap`](Self::gap) | 1 | white pixels around the filters | |
///
/// Within a filter, as in the samples, the channels stand one after the other, and the rows of a
/// channel from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct SheetLayout {
    height: usize,
    width: usize,
    channels: usize,
    columns: usize,
    zoom: usize,
    gap: usize,
}

impl SheetLayout {
    /// Ten in a row, not enlarged, with gaps of one pixel.
    pub fn new(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels, columns: 10, zoom: 1, gap: 1 }
    }

    /// Filters in a row of the sheet.
    pub fn columns(self, columns: usize) -> Self {
        Self { columns, ..self }
    }

    /// Pixels of the sheet, in each direction, for one of a filter.
    pub fn zoom(self, zoom: usize) -> Self {
        Self { zoom, ..self }
    }

    /// White pixels between filters and around all of them.
    pub fn gap(self, gap: usize) -> Self {
        Self { gap, ..self }
    }

    fn check(&self, n_inputs: usize) -> Result<(), Error> {
        at_least_one("height of a filter", self.height)?;
        at_least_one("width of a filter", self.width)?;
        at_least_one("channels of a filter", self.channels)?;
        at_least_one("filters in a row", self.columns)?;
        at_least_one("zoom", self.zoom)?;
        let size = self.height.saturating_mul(self.width).saturating_mul(self.channels);
        same_size("height × width × channels of a filter", n_inputs, size)
    }

    /// Where filter number `place` begins on the sheet, from the left and from the top.
    fn corner(&self, place: usize) -> (usize, usize) {
        let (column, row) = (place % self.columns, place / self.columns);
        let step = |size: usize| size * self.zoom + self.gap;
        (self.gap + column * step(self.width), self.gap + row * step(self.height))
    }
}

/// Filters side by side as a picture: 8 bits a pixel and channel, without a file format.
///
/// Each filter is scaled on its own: **128 is 0**, 255 its largest magnitude, 1 the negative of that.
/// A filter that is 0 is grey. The pixels are what image libraries take, for instance
/// `image::RgbImage::from_raw(width, height, pixels)` for three channels and
/// `image::GrayImage::from_raw` for one.
///
/// ```
/// use nalgebra::dmatrix;
/// use regularized_autoencoder::inspect::{FilterSheet, SheetLayout};
/// // Two filters of 1 × 2 pixels.
/// let filters = dmatrix![0.5, 0.0; -0.1, 3.0];
/// let sheet = FilterSheet::draw(&filters, 0..2, SheetLayout::new(1, 2, 1).gap(0))?;
/// assert_eq!((sheet.width, sheet.height, sheet.channels), (4, 1, 1));
/// assert_eq!(sheet.pixels, [255, 103, 128, 255]);
/// # Ok::<(), regularized_autoencoder::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilterSheet {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Values of a pixel.
    pub channels: usize,
    /// The rows from top to bottom, pixel after pixel, the channels of a pixel together.
    pub pixels: Vec<u8>,
}

impl FilterSheet {
    /// Draws the filters of these units, row by row: columns of an n × m matrix, such as
    /// [`Parameters::filters`](crate::Parameters::filters).
    ///
    /// # Errors
    /// [`Error::Zero`] for a size, number of columns or zoom of 0, [`Error::Dimension`] if height ·
    /// width · channels is not n, [`Error::Empty`] without units, [`Error::NotEnough`] if a unit
    /// does not exist, [`Error::NotFinite`] for NaN and ±∞, [`Error::TooLarge`] if the sheet does not
    /// fit into memory.
    pub fn draw<T: Real>(
        filters: &DMatrix<T>,
        units: impl IntoIterator<Item = usize>,
        layout: SheetLayout,
    ) -> Result<Self, Error> {
        layout.check(filters.nrows())?;
        let available = filters.ncols();
        // Not collected at once: the range may have no end.
        let mut list: Vec<usize> = Vec::new();
        for unit in units {
            if unit >= available {
                let (what, asked) = ("hidden units".into(), unit.saturating_add(1));
                return Err(Error::NotEnough { what, asked, available });
            }
            list.push(unit);
        }
        let units = list;
        if units.is_empty() {
            let (what, n_inputs) = ("the list of units", filters.nrows());
            return Err(Error::Empty { what, n_inputs, n_samples: 0 });
        }
        crate::samples::check_finite("filters", filters.as_slice(), filters.nrows())?;
        let mut sheet = Self::blank(units.len(), layout)?;
        for (place, unit) in units.into_iter().enumerate() {
            sheet.draw_one(filters.column(unit).as_slice(), place, layout);
        }
        Ok(sheet)
    }

    /// A white sheet with room for so many filters.
    fn blank(n_filters: usize, layout: SheetLayout) -> Result<Self, Error> {
        let SheetLayout { channels, zoom, gap, .. } = layout;
        let length = |count: usize, size: usize| {
            let step = size.checked_mul(zoom)?.checked_add(gap)?;
            count.checked_mul(step)?.checked_add(gap)
        };
        let columns = layout.columns.min(n_filters);
        let width = length(columns, layout.width);
        let height = length(n_filters.div_ceil(layout.columns), layout.height);
        let what = "pixels of a sheet";
        let (Some(width), Some(height)) = (width, height) else {
            return Err(Error::TooLarge { what, rows: n_filters, columns });
        };
        let too_large = || Error::TooLarge { what, rows: height, columns: width };
        let row = width.checked_mul(channels).ok_or_else(too_large)?;
        let mut pixels: Vec<u8> = zeros(what, height, row)?;
        pixels.fill(255);
        Ok(Self { width, height, channels, pixels })
    }

    fn draw_one<T: Real>(&mut self, filter: &[T], place: usize, layout: SheetLayout) {
        let (left, top) = layout.corner(place);
        let SheetLayout { height, width, channels, zoom, .. } = layout;
        let largest = filter.iter().fold(0.0, |largest: f64, w| largest.max(w.as_f64().abs()));
        let scale = if largest > 0.0 { largest } else { 1.0 };
        for y in 0..height * zoom {
            for x in 0..width * zoom {
                let pixel = y / zoom * width + x / zoom;
                let at = ((top + y) * self.width + left + x) * channels;
                for channel in 0..channels {
                    let weight = filter[channel * height * width + pixel].as_f64() / scale;
                    // From 1 to 255.
                    self.pixels[at + channel] = (128.0 + 127.0 * weight).round() as u8;
                }
            }
        }
    }
}
