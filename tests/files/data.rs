//! Readers, patches, standardisation, whitening and synthetic data.

use crate::common::files::{Folder, gzip, idx_bytes, says};
use crate::common::real_data;
use approx::assert_abs_diff_eq;
use nalgebra::{DMatrix, dmatrix};
use regularized_autoencoder::data::{
    Images, SparseDictionary, SparseSamples, Standardization, Whitening, cifar10, idx,
    random_patches,
};
use regularized_autoencoder::{Random, Real};

/// `count` bytes without a pattern of any period that matters here.
fn noise_bytes(count: usize) -> Vec<u8> {
    let mut random = Random::new(11);
    (0..count).map(|_| random.below(256) as u8).collect()
}

fn noise_matrix<T: Real>(rows: usize, columns: usize, seed: u64) -> DMatrix<T> {
    let mut random = Random::new(seed);
    DMatrix::from_fn(rows, columns, |_, _| random.standard_normal())
}

// ---------------------------------------------------------------------------------------- IDX

fn idx_round_trip<T: Real>() {
    let folder = Folder::new();
    // More than one piece of the reader's buffer, and no whole number of them.
    let values = noise_bytes(1001 * 35);
    let bytes = idx_bytes(&[1001, 7, 5], &values);
    // The name does not tell whether a file is gzipped.
    for (name, bytes) in [("plain.gz", bytes.clone()), ("packed", gzip(&bytes))] {
        let path = folder.write(name, &bytes);
        let images = idx::read_images::<T>(&path).unwrap();
        assert_eq!(images.shape(), (35, 1001));
        assert!(images.iter().zip(&values).all(|(x, &v)| x.as_f64() == f64::from(v)));

        let first = idx::read_first_images::<T>(&path, 17).unwrap();
        assert_eq!(first, images.columns(0, 17));
        assert_eq!(idx::read_first_images::<T>(&path, 1001).unwrap(), images);
        assert_eq!(idx::read_images_from::<T>(&bytes[..], "bytes").unwrap(), images);
    }
}

#[test]
fn idx_images_come_back_in_either_precision() {
    idx_round_trip::<f32>();
    idx_round_trip::<f64>();
}

#[test]
fn idx_takes_any_rank_from_two() {
    for sizes in [&[2, 6][..], &[2, 6, 1], &[2, 1, 2, 3]] {
        let images = idx::read_images_from::<f64>(&idx_bytes(sizes, &[1; 12])[..], "x").unwrap();
        assert_eq!(images.shape(), (6, 2));
    }
}

#[test]
fn idx_labels_come_back() {
    let folder = Folder::new();
    let labels: Vec<u8> = (0..50_000).map(|i| (i % 10) as u8).collect();
    let bytes = idx_bytes(&[50_000], &labels);
    for bytes in [bytes.clone(), gzip(&bytes)] {
        let path = folder.write("labels", &bytes);
        assert_eq!(idx::read_labels(&path, 10).unwrap(), labels);
    }
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(idx::read_labels_from(&idx_bytes(&[256], &all)[..], "x", 256).unwrap(), all);
}

#[test]
fn idx_gzip_members_are_joined() {
    let bytes = idx_bytes(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    let mut packed = gzip(&bytes[..14]);
    packed.extend(gzip(&bytes[14..]));
    assert_eq!(idx::read_images_from::<f64>(&packed[..], "x").unwrap()[(2, 1)], 6.0);
}

#[test]
fn idx_errors_name_the_file_the_value_and_the_rule() {
    let huge = u32::MAX;
    let with = |bytes: &[u8], at: usize, value: u8| {
        let mut bytes = bytes.to_vec();
        bytes[at] = value;
        bytes
    };
    let good = idx_bytes(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
    let mut longer = good.clone();
    longer.push(0);
    let mut twice = gzip(&good);
    twice.extend(gzip(&[7]));
    let packed = gzip(&good);
    let mut corrupt = packed.clone();
    *corrupt.last_mut().unwrap() ^= 1;

    let cases: [(&str, Vec<u8>, &[&str]); 18] = [
        ("empty", vec![], &["0 of 4 bytes"]),
        ("one byte", vec![0], &["1 of 4 bytes"]),
        ("cut header", good[..14].to_vec(), &["2 of 4 bytes"]),
        ("magic", with(&good, 0, 0xff), &["ff 00", "must be 00 00"]),
        ("magic 2", with(&good, 1, 1), &["00 01", "must be 00 00"]),
        ("type", with(&good, 2, 0x0d), &["0x0d", "must be 0x08"]),
        ("rank 0", vec![0, 0, 8, 0], &["rank is 0", "at least 2"]),
        ("rank 1", idx_bytes(&[2], &[1, 2]), &["rank is 1", "at least 2"]),
        ("no image", idx_bytes(&[0, 1, 3], &[]), &["size 0 is 0", "at least 1"]),
        ("no column", idx_bytes(&[2, 1, 0], &[]), &["size 2 is 0", "at least 1"]),
        ("truncated", good[..20].to_vec(), &["4 of 6 bytes"]),
        ("trailing", longer, &["after the 6", "promises"]),
        ("trailing member", twice, &["after the 6", "promises"]),
        ("oversized", idx_bytes(&[huge, 28, 28], &[0; 10]), &["10 of 3367254359280 bytes"]),
        (
            "oversized gzip",
            gzip(&idx_bytes(&[huge, 28, 28], &[0; 40_000])),
            &["40000 of 3367254359280 bytes"],
        ),
        (
            "overflow",
            idx_bytes(&[huge, huge, huge], &[0; 10]),
            &["18446744065119617025 × 4294967295", "do not fit into memory"],
        ),
        ("cut gzip", packed[..packed.len() - 9].to_vec(), &[]),
        ("corrupt gzip", corrupt, &["corrupt"]),
    ];
    let folder = Folder::new();
    for (name, bytes, parts) in cases {
        let path = folder.write(name, &bytes);
        says(idx::read_images::<f64>(&path), parts);
        if name != "overflow" {
            says(idx::read_images::<f32>(&path), &[name]);
            says(idx::read_images_from::<f32>(&bytes[..], "from bytes"), &["from bytes"]);
        }
    }
    says(idx::read_images::<f32>(folder.0.join("missing")), &["missing"]);
    says(idx::read_images::<f32>(&folder.0), &[&folder.0.to_string_lossy()]);
}

#[test]
fn idx_first_images_are_bounded_by_the_file() {
    let folder = Folder::new();
    let path = folder.write("few", &idx_bytes(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]));
    says(idx::read_first_images::<f64>(&path, 3), &["few", "3 asked for", "only 2"]);
    says(idx::read_first_images::<f64>(&path, 0), &["number of images is 0", "at least 1"]);
    // What the header promises and the file lacks is found where it is asked for.
    let path = folder.write("promise", &idx_bytes(&[u32::MAX, 1, 3], &[1, 2, 3, 4]));
    assert_eq!(idx::read_first_images::<f64>(&path, 1).unwrap(), dmatrix![1.0; 2.0; 3.0]);
    says(idx::read_first_images::<f64>(&path, 2), &["4 of 6 bytes"]);
}

#[test]
fn idx_label_errors_name_the_value_and_the_rule() {
    let read = |bytes: Vec<u8>, n| idx::read_labels_from(&bytes[..], "labels.idx", n);
    let good = idx_bytes(&[3], &[0, 9, 10]);
    says(read(good.clone(), 10), &["labels.idx", "label 2 is 10", "below 10"]);
    says(read(good.clone(), 0), &["number of classes is 0", "at least 1"]);
    says(read(idx_bytes(&[1, 3], &[1, 2, 3]), 10), &["rank is 2", "must be 1"]);
    says(read(good[..10].to_vec(), 10), &["2 of 3 bytes"]);
    says(read([good, vec![1]].concat(), 256), &["after the 3"]);
    says(read(idx_bytes(&[0], &[]), 10), &["size 0 is 0"]);
    says(read(idx_bytes(&[u32::MAX], &[1]), 10), &["1 of 4294967295 bytes"]);
    says(idx::read_labels("/nowhere/labels", 10), &["/nowhere/labels"]);
}

// ------------------------------------------------------------------------------------ CIFAR-10

fn cifar_records(labels: &[u8], seed: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, &label) in labels.iter().enumerate() {
        bytes.push(label);
        bytes.extend((0..3072_usize).map(|i| (i * 7 + index + usize::from(seed)) as u8));
    }
    bytes
}

#[test]
fn cifar_files_and_folders_come_back() {
    let folder = Folder::new();
    let second = cifar_records(&[4, 5], 100);
    folder.write("data_batch_2.bin", &gzip(&second));
    let path = folder.write("data_batch_1.bin", &cifar_records(&[3, 0, 9], 0));
    folder.write("test_batch.bin", &cifar_records(&[1], 200));
    folder.write("data_batch_1.txt", b"no batch");

    let first = cifar10::read_file(&path).unwrap();
    assert_eq!(first.labels, [3, 0, 9]);
    let images = &first.images;
    assert_eq!((images.height(), images.width(), images.channels()), (32, 32, 3));
    assert_eq!((images.n_inputs(), images.n_images()), (3072, 3));

    let all = cifar10::read_batches(&folder.0).unwrap();
    assert_eq!(all.labels, [3, 0, 9, 4, 5]);
    let matrix = all.images.to_matrix::<f32>().unwrap();
    assert_eq!(matrix.shape(), (3072, 5));
    assert_eq!(matrix[(1024, 3)], f32::from(second[1 + 1024]));
    assert_eq!(matrix.columns(0, 3), images.to_matrix().unwrap());
}

#[test]
fn cifar_errors_name_the_value_and_the_rule() {
    let folder = Folder::new();
    let missing = folder.0.join("missing");
    says(cifar10::read_batches(&missing), &["missing"]);
    says(cifar10::read_file(&missing), &["missing"]);
    says(cifar10::read_batches(&folder.0), &["no file data_batch_*.bin"]);

    let good = cifar_records(&[3, 0], 0);
    for (name, bytes, parts) in [
        ("empty", vec![], ["0 bytes", "positive multiple of 3073"]),
        ("short", good[..100].to_vec(), ["100 bytes", "multiple of 3073"]),
        ("cut", good[..6000].to_vec(), ["6000 bytes", "multiple of 3073"]),
        ("long", [&good[..], &[0]].concat(), ["6147 bytes", "multiple of 3073"]),
        ("label", cifar_records(&[3, 10], 0), ["label 1 is 10", "below 10"]),
    ] {
        let path = folder.write(name, &bytes);
        says(cifar10::read_file(&path), &parts);
    }
    folder.write("data_batch_1.bin", &good);
    folder.write("data_batch_2.bin", &good[1..]);
    says(cifar10::read_batches(&folder.0), &["data_batch_2.bin", "6145 bytes"]);
}

// ------------------------------------------------------------------------------ images, patches

#[test]
fn image_errors_name_the_value_and_the_rule() {
    says(Images::new(0, 1, 1, vec![1]), &["image height is 0"]);
    says(Images::new(1, 0, 1, vec![1]), &["image width is 0"]);
    says(Images::new(1, 1, 0, vec![1]), &["number of channels is 0"]);
    says(Images::new(2, 3, 1, vec![]), &["empty", "6 inputs"]);
    says(Images::new(2, 3, 1, vec![1; 7]), &["7 values", "6 values each"]);
    says(Images::new(usize::MAX, 2, 1, vec![1]), &["do not fit into memory"]);
    says(Images::new(1, usize::MAX, 2, vec![1]), &["do not fit into memory"]);
}

/// Images in which a value tells image, channel, row and column: 3 images of 4 × 5 × 2.
fn telling_images() -> Images {
    Images::new(4, 5, 2, (0..120).collect()).unwrap()
}

fn patches_are_parts_of_images<T: Real>() {
    let images = telling_images();
    let (height, width) = (2, 3);
    let patches = random_patches::<T>(&images, (height, width), 2000, 5).unwrap();
    assert_eq!(patches.shape(), (2 * 3 * 2, 2000));
    let mut seen = std::collections::BTreeMap::new();
    for patch in patches.column_iter() {
        let corner = patch[0].as_f64() as usize;
        for channel in 0..2 {
            for row in 0..height {
                for column in 0..width {
                    let at = (channel * height + row) * width + column;
                    let expected = corner + channel * 20 + row * 5 + column;
                    assert_eq!(patch[at].as_f64(), expected as f64);
                }
            }
        }
        *seen.entry(corner).or_insert(0) += 1;
    }
    // Three images, 3 × 3 positions: each of the 27 drawn about 2000 / 27 = 74 times, ± 6 σ.
    assert_eq!(seen.len(), 27);
    assert!(seen.keys().all(|corner| corner % 40 / 5 < 3 && corner % 5 < 3));
    assert!(seen.values().all(|&count| (74 - 51..74 + 51).contains(&count)), "{seen:?}");
}

#[test]
fn patches_are_uniform_parts_of_images_in_either_precision() {
    patches_are_parts_of_images::<f32>();
    patches_are_parts_of_images::<f64>();
}

#[test]
fn patches_depend_on_seed_and_index_alone() {
    let images = telling_images();
    let draw = |count, seed| random_patches::<f64>(&images, (2, 2), count, seed).unwrap();
    assert_eq!(draw(50, 1), draw(50, 1));
    assert_ne!(draw(50, 1), draw(50, 2));
    assert_eq!(draw(50, 1), draw(80, 1).columns(0, 50));
    // A patch as large as an image has one position.
    let whole = random_patches::<f64>(&images, (4, 5), 20, 3).unwrap();
    let all = images.to_matrix::<f64>().unwrap();
    assert!(whole.column_iter().all(|patch| all.column_iter().any(|image| image == patch)));
}

#[test]
fn patch_errors_name_the_value_and_the_rule() {
    let images = telling_images();
    let draw = |shape, count| random_patches::<f32>(&images, shape, count, 0);
    says(draw((5, 1), 1), &["patch height is 5", "at most the image's 4"]);
    says(draw((1, 6), 1), &["patch width is 6", "at most the image's 5"]);
    says(draw((0, 1), 1), &["patch height is 0", "at least 1"]);
    says(draw((1, 0), 1), &["patch width is 0", "at least 1"]);
    says(draw((1, 1), 0), &["number of patches is 0", "at least 1"]);
    says(draw((2, 2), usize::MAX), &["8 × 18446744073709551615", "do not fit into memory"]);
}

// ------------------------------------------------------------------------------ standardisation

fn standardised_statistics<T: Real>(tolerance: f64) {
    let mut x = noise_matrix::<T>(5, 400, 3);
    for (row, mut feature) in x.row_iter_mut().enumerate() {
        feature *= T::of(10_f64.powi(row as i32 - 2));
        feature.add_scalar_mut(T::of(3.0 - row as f64));
    }
    let original = x.clone();
    for offset in [0.0, 0.1] {
        let fitted = Standardization::fit(&x, offset).unwrap();
        assert_eq!(fitted.offset(), offset);
        fitted.apply(&mut x).unwrap();
        let wide = x.map(Real::as_f64);
        for (row, feature) in wide.row_iter().enumerate() {
            let deviation = fitted.standard_deviation()[row];
            let expected = deviation / (deviation + offset);
            assert!(feature.mean().abs() < tolerance, "mean {}", feature.mean());
            assert!((feature.variance().sqrt() - expected).abs() < tolerance);
        }
        fitted.invert(&mut x).unwrap();
        let error = (&x - &original).map(|e| e.as_f64().abs()).max();
        assert!(error < 30.0 * tolerance, "{error}");
        x.copy_from(&original);
    }
}

#[test]
fn standardisation_gives_mean_0_and_deviation_1_and_can_be_undone() {
    standardised_statistics::<f32>(3e-6);
    standardised_statistics::<f64>(3e-14);
}

#[test]
fn standardisation_matches_the_formula() {
    let mut x = dmatrix![1.0, 3.0; -1.0, 5.0];
    let fitted = Standardization::fit(&x, 0.5).unwrap();
    assert_eq!(fitted.mean(), [2.0, 2.0]);
    assert_eq!(fitted.standard_deviation(), [1.0, 3.0]);
    fitted.apply(&mut x).unwrap();
    assert_eq!(x, dmatrix![-1.0 / 1.5, 1.0 / 1.5; -3.0 / 3.5, 3.0 / 3.5]);
}

#[test]
fn standardisation_finds_a_constant_feature_exactly() {
    // The sum of many 0.1 divided by their number is not 0.1.
    let mut x = DMatrix::from_element(1, 1000, 0.1);
    says(
        Standardization::fit(&x, 0.0),
        &["feature 0", "standard deviation 0", "offset 0", "positive offset"],
    );
    let fitted = Standardization::fit(&x, 0.1).unwrap();
    fitted.apply(&mut x).unwrap();
    assert!(x.iter().all(|&value| value == 0.0));
    let one = dmatrix![1.0; 2.0];
    says(Standardization::fit(&one, 0.0), &["feature 0", "standard deviation 0"]);
}

#[test]
fn standardisation_errors_name_the_value_and_the_rule() {
    let x = dmatrix![1.0, 2.0; 3.0, 5.0];
    for (offset, value) in [(-0.1, "-0.1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        says(Standardization::fit(&x, offset), &["offset", value, "finite and at least 0"]);
    }
    says(Standardization::fit(&DMatrix::<f64>::zeros(0, 3), 0.0), &["empty", "0 inputs"]);
    says(Standardization::fit(&DMatrix::<f32>::zeros(3, 0), 0.0), &["empty", "0 samples"]);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let bad = dmatrix![1.0, 2.0; 3.0, bad];
        says(Standardization::fit(&bad, 0.1), &["row 1, column 1", "must be finite"]);
    }
    let large = dmatrix![1.0, 2.0; -1e308, 1e308];
    says(Standardization::fit(&large, 0.1), &["mean", "inf", "row 1"]);
    let large = dmatrix![1.0, 2.0; 0.0, 1e200];
    says(Standardization::fit(&large, 0.1), &["variance", "inf", "row 1"]);

    let fitted = Standardization::fit(&x, 0.0).unwrap();
    let mut wrong = DMatrix::<f64>::zeros(3, 2);
    says(fitted.apply(&mut wrong), &["number of features", "expected 2, got 3"]);
    says(fitted.invert(&mut wrong), &["number of features", "expected 2, got 3"]);

    // What is rejected is left as it was.
    let mut bad = dmatrix![1.0, 2.0; 3.0, f64::NAN];
    says(fitted.apply(&mut bad), &["NaN at row 1, column 1", "must be finite"]);
    assert_eq!(bad[(0, 0)], 1.0);
    let narrow = Standardization::fit(&dmatrix![0.0, 1e-30], 0.0).unwrap();
    let mut overflowing = dmatrix![1.0_f32, 1e30];
    says(narrow.apply(&mut overflowing), &["inf at row 0, column 1"]);
    assert_eq!(overflowing, dmatrix![1.0_f32, 1e30]);
    let wide = Standardization::fit(&dmatrix![0.0, 1e30], 0.0).unwrap();
    says(wide.invert(&mut overflowing), &["inf at row 0, column 1"]);
}

// ------------------------------------------------------------------------------------ whitening

/// E[xxᵀ], in f64.
fn second_moment<T: Real>(x: &DMatrix<T>) -> DMatrix<f64> {
    let x = x.map(Real::as_f64);
    &x * x.transpose() / x.ncols() as f64
}

fn distance(a: &DMatrix<f64>, b: &DMatrix<f64>) -> f64 {
    (a - b).abs().max()
}

/// 6 correlated features away from 0, the last of them a sum of others: rank 5.
fn correlated<T: Real>(n_samples: usize) -> DMatrix<T> {
    let mixing = noise_matrix::<f64>(6, 6, 8);
    let mut x = mixing * noise_matrix::<f64>(6, n_samples, 9);
    x.add_scalar_mut(2.0);
    let sum = x.row(0) - x.row(1) + x.row(2);
    x.set_row(5, &sum);
    x.map(T::of)
}

fn whitening_whitens<T: Real>(relative_tolerance: f64, tolerance: f64) {
    // More samples than are centred at a time, and no multiple of that.
    let x = correlated::<T>(700);
    let pca = Whitening::pca(&x, relative_tolerance).unwrap();
    let zca = Whitening::zca(&x, relative_tolerance).unwrap();
    assert_eq!((pca.rank(), zca.rank()), (5, 5));
    assert_eq!(pca.eigenvalues(), zca.eigenvalues());
    assert!(pca.eigenvalues().is_sorted_by(|a, b| a >= b));

    let white = pca.apply(&x).unwrap();
    assert_eq!(white.shape(), (5, 700));
    assert!(distance(&second_moment(&white), &DMatrix::identity(5, 5)) < tolerance);
    assert!(white.map(Real::as_f64).column_mean().norm() < tolerance);

    let full = zca.apply(&x).unwrap();
    assert_eq!(full.shape(), (6, 700));
    let projector = second_moment(&full);
    assert!(distance(&(&projector * &projector), &projector) < tolerance);
    assert!((projector.trace() - 5.0).abs() < tolerance);
    // ZCA is PCA turned back, so that it stays correlated with the data as PCA does not.
    let cross = full.map(Real::as_f64) * x.map(Real::as_f64).transpose() / 700.0;
    assert!(distance(&cross, &cross.transpose()) < 10.0 * tolerance);

    for (whitening, white) in [(pca, white), (zca, full)] {
        let back = whitening.invert(&white).unwrap();
        assert!(distance(&back.map(Real::as_f64), &x.map(Real::as_f64)) < 10.0 * tolerance);
    }
}

#[test]
fn whitening_gives_identity_covariance_in_either_precision() {
    whitening_whitens::<f32>(1e-9, 1e-4);
    whitening_whitens::<f64>(1e-9, 1e-11);
}

/// Numbers of f32 around 1000 are rounded by 3e-5, which is no direction of the data; a feature of that
/// size around 0 is one.
#[test]
fn whitening_tells_rounding_from_small_features() {
    let noise = noise_matrix::<f64>(2, 3000, 5);
    let mut rounded = DMatrix::from_fn(3, 3000, |i, j| match i {
        0 | 1 => 1000.0 + noise[(i, j)],
        _ => 0.0,
    });
    for j in 0..3000 {
        rounded[(2, j)] = 0.5 * (rounded[(0, j)] + rounded[(1, j)]);
    }
    assert_eq!(Whitening::pca(&rounded.map(|x| x as f32), 0.0).unwrap().rank(), 2);
    let scales = [(10_000.0, 1.0), (0.0, 1e-4)];
    let small = DMatrix::from_fn(2, 3000, |i, j| {
        let (mean, scale) = scales[i];
        (mean + scale * noise[(i, j)]) as f32
    });
    assert_eq!(Whitening::pca(&small, 0.0).unwrap().rank(), 2);
}

#[test]
fn whitening_finds_the_rank() {
    // A tolerance of 0 keeps no rounding noise.
    assert_eq!(Whitening::pca(&correlated::<f64>(700), 0.0).unwrap().rank(), 5);
    // N samples span N − 1 directions around their mean.
    let few = noise_matrix::<f64>(20, 8, 4);
    assert_eq!(Whitening::pca(&few, 0.0).unwrap().rank(), 7);
    let white = Whitening::zca(&few, 0.0).unwrap().apply(&few).unwrap();
    assert_abs_diff_eq!(second_moment(&white).trace(), 7.0, epsilon = 1e-10);
    // Variances 1 and 1/100.
    let x = dmatrix![1.0, -1.0, 1.0, -1.0; 0.1, 0.1, -0.1, -0.1];
    assert_eq!(Whitening::pca(&x, 0.009).unwrap().rank(), 2);
    assert_eq!(Whitening::pca(&x, 0.011).unwrap().rank(), 1);
    // One feature.
    let white = Whitening::zca(&dmatrix![1.0, 5.0], 0.0).unwrap();
    assert_eq!(white.apply(&dmatrix![1.0, 5.0]).unwrap().abs(), dmatrix![1.0, 1.0]);
    assert_eq!(white.mean(), [3.0]);
}

#[test]
fn whitening_errors_name_the_value_and_the_rule() {
    let x = dmatrix![1.0, 2.0, 4.0; 3.0, 5.0, 1.0];
    for (tolerance, value) in [(-0.1, "-0.1"), (1.0, "1"), (f64::NAN, "NaN")] {
        says(Whitening::pca(&x, tolerance), &["relative tolerance", value, "in [0, 1)"]);
        says(Whitening::zca(&x, tolerance), &["relative tolerance", value, "in [0, 1)"]);
    }
    let constant = DMatrix::from_element(3, 50, 0.1);
    says(Whitening::pca(&constant, 0.0), &["largest eigenvalue", "is 0", "not all be alike"]);
    says(Whitening::zca(&dmatrix![1.0; 2.0], 0.0), &["largest eigenvalue", "is 0"]);
    says(Whitening::pca(&DMatrix::<f64>::zeros(0, 3), 0.0), &["empty", "0 inputs"]);
    says(Whitening::zca(&DMatrix::<f32>::zeros(3, 0), 0.0), &["empty", "0 samples"]);
    let bad = dmatrix![1.0, 2.0; 3.0, f32::NAN];
    says(Whitening::pca(&bad, 0.0), &["NaN at row 1, column 1", "must be finite"]);
    let large = dmatrix![0.0, 1e200];
    says(Whitening::zca(&large, 0.0), &["covariance", "inf"]);

    let fitted = Whitening::pca(&x, 0.0).unwrap();
    says(fitted.apply(&dmatrix![1.0; 2.0; 3.0]), &["expected 2, got 3"]);
    says(fitted.invert(&dmatrix![1.0]), &["expected 2, got 1"]);
    says(fitted.apply(&dmatrix![1.0; f64::INFINITY]), &["inf at row 1, column 0"]);
    let narrow = Whitening::pca(&dmatrix![0.0, 1e-30], 0.0).unwrap();
    says(narrow.apply(&dmatrix![1e30_f32]), &["transformed data", "inf"]);
}

// ------------------------------------------------------------------------------------ synthetic

fn sparse<T: Real>(n_samples: usize, seed: u64) -> SparseSamples<T> {
    SparseDictionary::new(12, 30, 0.2).unwrap().generate(n_samples, seed).unwrap()
}

fn synthetic_data_is_sparse<T: Real>(tolerance: f64) {
    let made = sparse::<T>(2000, 1);
    assert!(made.dictionary.column_iter().all(|d| (d.norm().as_f64() - 1.0).abs() < tolerance));
    let active = made.codes.iter().filter(|h| h.as_f64() > 0.0).count();
    // 0.2 ± 5 σ of 60,000 draws.
    assert!((active as f64 / 60_000.0 - 0.2).abs() < 0.0082);
    assert!(made.codes.iter().all(|h| h.as_f64() == 0.0 || (0.5..=1.5).contains(&h.as_f64())));
    let mean = made.codes.iter().map(|h| h.as_f64()).sum::<f64>() / active as f64;
    assert!((mean - 1.0).abs() < 0.02);
    let made_of = &made.dictionary * &made.codes;
    assert!((made_of - &made.data).map(|e| e.as_f64().abs()).max() < 20.0 * tolerance);
}

#[test]
fn synthetic_data_is_made_of_unit_atoms_and_sparse_codes() {
    synthetic_data_is_sparse::<f32>(1e-6);
    synthetic_data_is_sparse::<f64>(1e-14);
}

#[test]
fn synthetic_data_depends_on_the_seed_alone() {
    assert_eq!(sparse::<f64>(50, 1), sparse(50, 1));
    let (one, two) = (sparse::<f64>(50, 1), sparse::<f64>(50, 2));
    assert!(one.dictionary != two.dictionary && one.codes != two.codes && one.data != two.data);
    // More samples are the same and more; f32 is f64 rounded.
    let more = sparse::<f64>(80, 1);
    assert_eq!(more.dictionary, one.dictionary);
    assert_eq!(more.data.columns(0, 50), one.data);
    assert_eq!(sparse::<f32>(50, 1).data, one.data.map(|x| x as f32));
}

#[test]
fn synthetic_noise_has_its_standard_deviation() {
    let model = SparseDictionary::new(12, 30, 0.2).unwrap();
    let noisy = model.clone().with_noise(0.3).unwrap().generate::<f64>(2000, 1).unwrap();
    let clean = model.generate::<f64>(2000, 1).unwrap();
    assert_eq!(noisy.codes.column(0), clean.codes.column(0));
    let noise = noisy.data - clean.data;
    assert!((noise.norm() / 24_000_f64.sqrt() - 0.3).abs() < 0.01);
    // Every atom active.
    let dense = SparseDictionary::new(1, 3, 1.0).unwrap().generate::<f64>(4, 1).unwrap();
    assert!(dense.codes.min() >= 0.5);
    assert!(dense.dictionary.iter().all(|d| d.abs() == 1.0));
}

#[test]
fn synthetic_errors_name_the_value_and_the_rule() {
    says(SparseDictionary::new(0, 3, 0.5), &["n_inputs is 0", "at least 1"]);
    says(SparseDictionary::new(3, 0, 0.5), &["n_atoms is 0", "at least 1"]);
    for (p, value) in [(0.0, "0"), (-0.1, "-0.1"), (1.1, "1.1"), (f64::NAN, "NaN")] {
        says(SparseDictionary::new(3, 3, p), &["activation probability", value, "in (0, 1]"]);
    }
    let model = SparseDictionary::new(3, 3, 0.5).unwrap();
    for (noise, value) in [(-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let result = model.clone().with_noise(noise);
        says(result, &["noise standard deviation", value, "finite and at least 0"]);
    }
    says(model.generate::<f64>(0, 1), &["n_samples is 0", "at least 1"]);
    says(model.generate::<f64>(usize::MAX, 1), &["codes of 3 × ", "do not fit into memory"]);
    let loud = model.with_noise(1e300).unwrap();
    says(loud.generate::<f32>(5, 1), &["inf", "must be finite"]);
}

// --------------------------------------------------------------------------------------- digits

#[cfg(feature = "digits")]
mod embedded_digits {
    use super::*;
    use regularized_autoencoder::data::digits;

    #[test]
    fn have_their_published_shape_range_and_classes() {
        let images = digits::images::<f64>();
        assert_eq!(images.shape(), (64, 1797));
        assert_eq!((images.min(), images.max()), (0.0, 16.0));
        assert_eq!(digits::images::<f32>().map(f64::from), images);
        // The first image, a zero, as UCI lists it.
        let first_rows = [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0];
        assert!(first_rows.iter().zip(&images).all(|(&a, &b)| f64::from(a) == b));

        let labels = digits::labels();
        let mut counts = [0; 10];
        labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    }

    fn rank_is_61<T: Real>(tolerance: f64) {
        let images = digits::images::<T>();
        for tolerance in [0.0, 1e-9, 1e-6] {
            assert_eq!(Whitening::pca(&images, tolerance).unwrap().rank(), 61);
        }
        let white = Whitening::pca(&images, 1e-6).unwrap().apply(&images).unwrap();
        assert!(distance(&second_moment(&white), &DMatrix::identity(61, 61)) < tolerance);
        let zca = Whitening::zca(&images, 1e-6).unwrap().apply(&images).unwrap();
        let mut projector = DMatrix::identity(64, 64);
        for constant in [0, 32, 39] {
            projector[(constant, constant)] = 0.0;
        }
        assert!(distance(&second_moment(&zca), &projector) < tolerance);
    }

    #[test]
    fn have_three_constant_pixels() {
        rank_is_61::<f32>(2e-4);
        rank_is_61::<f64>(1e-10);
        let images = digits::images::<f64>();
        says(Standardization::fit(&images, 0.0), &["feature 0", "standard deviation 0"]);
        assert!(Standardization::fit(&images, 0.1).is_ok());
    }
}

// ------------------------------------------------------------------------------------ real data

#[test]
fn mnist_has_its_published_statistics() {
    let Some(folder) = real_data::folder("mnist") else { return };
    let file = |name| real_data::file(&folder, name);
    let mut images = idx::read_images::<f32>(file("train-images-idx3-ubyte")).unwrap();
    assert_eq!(images.shape(), (784, 60_000));
    // 0.1307 and 0.3081 of 255, known to every user of MNIST.
    let sum: f64 = images.iter().map(|&x| f64::from(x)).sum();
    let squares: f64 = images.iter().map(|&x| f64::from(x).powi(2)).sum();
    let mean = sum / images.len() as f64;
    let deviation = (squares / images.len() as f64 - mean * mean).sqrt();
    assert_abs_diff_eq!(mean, 33.3184, epsilon = 1e-4);
    assert_abs_diff_eq!(deviation / 255.0, 0.3081, epsilon = 1e-4);
    assert_eq!((images.min(), images.max()), (0.0, 255.0));

    let labels = idx::read_labels(file("train-labels-idx1-ubyte"), 10).unwrap();
    assert_eq!(labels.len(), 60_000);
    assert_eq!(labels[..10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!(labels.iter().filter(|&&label| label == 1).count(), 6742);
    let test = idx::read_images::<f32>(file("t10k-images-idx3-ubyte")).unwrap();
    assert_eq!(test.shape(), (784, 10_000));
    let test = idx::read_labels(file("t10k-labels-idx1-ubyte"), 10).unwrap();
    assert_eq!((test.len(), &test[..5]), (10_000, &[7, 2, 1, 0, 4][..]));

    images /= 255.0;
    let fitted = Standardization::fit(&images, 0.1).unwrap();
    assert_abs_diff_eq!(fitted.mean().iter().sum::<f64>() / 784.0, 0.1307, epsilon = 1e-4);
    fitted.apply(&mut images).unwrap();
    assert!(images.column_mean().abs().max() < 1e-3);
}

#[test]
fn cifar_10_has_about_as_many_images_of_each_class() {
    let Some(folder) = real_data::folder("cifar-10") else { return };
    let data = cifar10::read_batches(folder).unwrap();
    // One to five files of 10,000 images each.
    let count = data.images.n_images();
    assert_eq!((count % 10_000, data.images.n_inputs(), data.labels.len()), (0, 3072, count));
    assert!(count > 0);
    for class in 0..10 {
        let share = data.labels.iter().filter(|&&label| label == class).count() as f64;
        assert_abs_diff_eq!(share / count as f64, 0.1, epsilon = 0.01);
    }
    // The means of the channels that are in common use: 0.491, 0.482, 0.447.
    let images = data.images.to_matrix::<f32>().unwrap();
    for (channel, expected) in [0.491, 0.482, 0.447].into_iter().enumerate() {
        let mean = images.rows(1024 * channel, 1024).map(f64::from).mean() / 255.0;
        assert!((mean - expected).abs() < 0.01, "channel {channel}: {mean}");
    }
    let patches = random_patches::<f32>(&data.images, (8, 8), 5000, 1).unwrap();
    assert_eq!(patches.shape(), (192, 5000));
    let whitening = Whitening::zca(&patches, 1e-9).unwrap();
    assert_eq!(whitening.rank(), 192);
    let white = whitening.apply(&patches).unwrap();
    assert!(distance(&second_moment(&white), &DMatrix::identity(192, 192)) < 1e-4);
}

/// The covariance is finite, and three times as much is not.
#[test]
fn whitening_of_huge_data_is_refused() {
    let x = DMatrix::from_fn(3, 2, |_, j| if j == 0 { 9e153 } else { -9e153 });
    for outcome in [Whitening::pca(&x, 0.0), Whitening::zca(&x, 0.0)] {
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("must be finite"), "{error}");
    }
}
