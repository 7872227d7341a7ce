//! Checkpoints from bytes.

use super::{CHECKSUM, FORMAT, TEXT, Text, checksum, place_of_checksum};
use crate::little_endian::{self, dtype};
use crate::model::Parameters;
use crate::scalar::Real;
use crate::train::checkpoint::Checkpoint;
use crate::train::course::Course;
use crate::train::early_stopping::Best;
use crate::train::motion::Motion;
use crate::train::report::{EpochRecord, EpochSums};
use crate::train::settings::Settings;
use nalgebra::{DMatrix, DVector};
use safetensors::{Dtype, SafeTensors};

struct File<'a>(SafeTensors<'a>);

impl File<'_> {
    /// The bytes of an array of this type and shape.
    fn bytes(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<&[u8], String> {
        let array = self.0.tensor(name).map_err(|error| error.to_string())?;
        if array.dtype() != dtype || array.shape() != shape {
            let (found, there) = (array.dtype(), array.shape());
            return Err(format!("{name} is {found} {there:?} where {dtype} {shape:?} belongs"));
        }
        Ok(array.data())
    }

    fn numbers<T: Real>(&self, name: &str, shape: &[usize]) -> Result<Vec<T>, String> {
        let bytes = self.bytes(name, dtype::<T>(), shape)?;
        let numbers: Vec<T> = little_endian::numbers(dtype::<T>(), bytes).collect();
        if numbers.iter().any(|number| number.is_nan()) {
            return Err(format!("{name} holds NaN"));
        }
        Ok(numbers)
    }

    fn has(&self, name: &str) -> bool {
        self.0.tensor(name).is_ok()
    }

    /// Parameters of the sizes (n, m), with a decoder bias or without.
    fn parameters<T: Real>(
        &self,
        name: &str,
        (n, m): (usize, usize),
        has_decoder_bias: bool,
    ) -> Result<Parameters<T>, String> {
        let filters = self.numbers(&format!("{name}.weights"), &[m, n])?;
        let encoder_bias = self.numbers(&format!("{name}.encoder_bias"), &[m])?;
        let decoder_bias =
            has_decoder_bias.then(|| self.numbers(&format!("{name}.decoder_bias"), &[n]));
        Parameters::new(
            DMatrix::from_vec(n, m, filters),
            DVector::from_vec(encoder_bias),
            decoder_bias.transpose()?.map(DVector::from_vec),
        )
        .map_err(|error| format!("{name}: {error}"))
    }
}

pub(super) fn decode<T: Real>(bytes: &[u8]) -> Result<Checkpoint<T>, String> {
    let place = place_of_checksum(bytes)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let file = File(SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?);
    let is_whole = file.bytes(CHECKSUM, Dtype::U32, &[1])? == checksum(bytes, place).to_le_bytes();
    // A fuzzer would hardly get past it.
    if !is_whole && !cfg!(fuzzing) {
        return Err("its checksum is not that of its content: it is damaged".into());
    }
    let text = header.metadata().as_ref().and_then(|texts| texts.get(TEXT));
    let text = text.ok_or("it is no checkpoint")?;
    let text: Text =
        serde_json::from_str(text).map_err(|error| format!("it is no checkpoint: {error}"))?;
    if text.format != FORMAT {
        return Err(format!("it is a {}, not a {FORMAT}", text.format));
    }

    let shape = match file.0.tensor("parameters.weights") {
        Ok(weights) => weights.shape().to_vec(),
        Err(error) => return Err(error.to_string()),
    };
    let &[m, n] = &shape[..] else { return Err("its weights are no matrix".into()) };
    let has_decoder_bias = file.has("parameters.decoder_bias");
    let parameters = |name| file.parameters::<T>(name, (n, m), has_decoder_bias);
    let second = file.has("motion.second.weights").then(|| parameters("motion.second"));
    let second = second.transpose()?;
    if second.as_ref().is_some_and(Parameters::has_negative) {
        return Err("a second moment is negative".into());
    }
    let motion = Motion { first: parameters("motion.first")?, second, steps: text.steps };
    let best = match text.best {
        Some([epoch, progress]) if epoch.max(progress) < text.epoch => {
            let objectives = file.numbers("best.objectives", &[2])?;
            Some(Best {
                objective: objectives[0],
                epoch,
                parameters: parameters("best")?,
                progress: (objectives[1], progress),
            })
        }
        Some(epochs) => return Err(format!("of {} epochs it has {epochs:?}", text.epoch)),
        None => None,
    };
    let sums: Vec<f64> = file.numbers("sums", &[5])?;
    let course = Course {
        motion,
        epoch: text.epoch,
        step: text.step,
        steps: text.steps,
        sums: EpochSums {
            reconstruction: sums[0],
            regularizer: sums[1],
            weight: sums[2],
            learning_rate: sums[3],
            resampled: text.resampled,
            seconds: sums[4],
        },
        history: history(&file, text.epoch)?,
        active: active(&file, m)?,
        best,
    };
    let settings = Settings(text.settings);
    Ok(Checkpoint { settings, parameters: parameters("parameters")?, course })
}

fn history(file: &File<'_>, epochs: usize) -> Result<Vec<EpochRecord>, String> {
    let column = |name: &str| file.numbers::<f64>(&format!("history.{name}"), &[epochs]);
    let (reconstruction, regularizer) = (column("reconstruction")?, column("regularizer")?);
    let (learning_rate, seconds) = (column("learning_rate")?, column("seconds")?);
    let validation = file.has("history.validation").then(|| column("validation")).transpose()?;
    let resampled = file.bytes("history.resampled", Dtype::U64, &[epochs])?.as_chunks::<8>().0;
    let record = |epoch: usize| {
        Some(EpochRecord {
            epoch,
            reconstruction: reconstruction[epoch],
            regularizer: regularizer[epoch],
            validation: validation.as_ref().map(|validation| validation[epoch]),
            learning_rate: learning_rate[epoch],
            resampled: usize::try_from(u64::from_le_bytes(resampled[epoch])).ok()?,
            seconds: seconds[epoch],
        })
    };
    let records: Option<Vec<_>> = (0..reconstruction.len()).map(record).collect();
    records.ok_or_else(|| "more units were resampled than there can be".to_owned())
}

/// Which of m units were active; none without resampling.
fn active(file: &File<'_>, m: usize) -> Result<Vec<bool>, String> {
    let length = file.0.tensor("active").map_or(m, |active| active.shape().iter().product());
    if length != 0 && length != m {
        return Err(format!("of {m} hidden units {length} are active or not"));
    }
    let bytes = file.bytes("active", Dtype::U8, &[length])?;
    Ok(bytes.iter().map(|byte| *byte != 0).collect())
}
