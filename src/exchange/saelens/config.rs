//! `cfg.json`: what the tensors mean.

use serde_json::{Map, Value, json};

/// The name of the file in a folder.
pub(super) const FILE: &str = "cfg.json";

/// The version of sae-lens whose layout is written. Without one, the package takes a file for one of
/// before version 6 and reads it in another way.
const VERSION: &str = "6.54.12";

/// What a file says that matters here.
#[derive(Debug, PartialEq)]
pub(super) struct Config {
    pub d_in: usize,
    pub d_sae: usize,
    /// Whether b_dec is subtracted from a sample before it is encoded.
    pub subtracts_decoder_bias: bool,
}

impl Config {
    /// The content of a file; the reason why the crate cannot follow it, if so.
    pub fn parse(content: &[u8]) -> Result<Self, String> {
        let value: Value =
            serde_json::from_slice(content).map_err(|error| format!("no valid JSON: {error}"))?;
        let Value::Object(fields) = value else {
            return Err("not a JSON object".into());
        };
        // Before version 6 a missing architecture was `standard`.
        one_of(&fields, "architecture", &["standard"], Some("standard"))?;
        one_of(&fields, "dtype", &["float32", "float64", "torch.float32", "torch.float64"], None)?;
        one_of(&fields, "reshape_activations", &["none", "hook_z"], Some("none"))?;
        for name in ["activation_fn", "activation_fn_str"] {
            one_of(&fields, name, &["relu"], Some("relu"))?;
        }
        // Before version 6 it could be `false` or null.
        match fields.get("normalize_activations") {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(_) => one_of(&fields, "normalize_activations", &["none"], None)?,
        }
        if flag(&fields, "finetuning_scaling_factor", false)? {
            return Err("finetuning_scaling_factor is true, but must be false".into());
        }
        Ok(Self {
            d_in: size(&fields, "d_in")?,
            d_sae: size(&fields, "d_sae")?,
            subtracts_decoder_bias: flag(&fields, "apply_b_dec_to_input", true)?,
        })
    }

    /// The content of a file for weights of this type.
    pub fn write(&self, dtype: &str) -> String {
        let value = json!({
            "architecture": "standard",
            "d_in": self.d_in,
            "d_sae": self.d_sae,
            "dtype": dtype,
            "device": "cpu",
            "apply_b_dec_to_input": self.subtracts_decoder_bias,
            "normalize_activations": "none",
            "reshape_activations": "none",
            "metadata": { "sae_lens_version": VERSION },
        });
        format!("{value:#}\n")
    }
}

/// An error unless the field is one of these words.
fn one_of(
    fields: &Map<String, Value>,
    name: &str,
    allowed: &[&str],
    default: Option<&str>,
) -> Result<(), String> {
    let value = match (fields.get(name), default) {
        (None | Some(Value::Null), Some(_)) => return Ok(()),
        (None, None) => return Err(format!("there is no {name}")),
        (Some(value), _) => value,
    };
    if value.as_str().is_some_and(|word| allowed.contains(&word)) {
        Ok(())
    } else {
        Err(format!("{name} is {value}, but must be {}", allowed.join(" or ")))
    }
}

fn flag(fields: &Map<String, Value>, name: &str, default: bool) -> Result<bool, String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Bool(value)) => Ok(*value),
        Some(value) => Err(format!("{name} is {value}, but must be true or false")),
    }
}

fn size(fields: &Map<String, Value>, name: &str) -> Result<usize, String> {
    let value = fields.get(name).ok_or_else(|| format!("there is no {name}"))?;
    let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
    size.filter(|size| *size > 0)
        .ok_or_else(|| format!("{name} is {value}, but must be a whole number of at least 1"))
}
