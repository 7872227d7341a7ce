//! What a file says of a model beside its numbers.

use super::{Provenance, SavedActivation};
use serde::{Deserialize, Serialize};

/// The key of the document among the metadata of the file.
pub(super) const KEY: &str = "regularized_autoencoder";
/// The version that is written, and the newest that is read.
const VERSION: u32 = 1;

/// What stands in the metadata as JSON, after the checksum.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    version: u32,
    pub activation: SavedActivation,
    pub scaler: Option<ScalerKind>,
    pub provenance: Provenance,
}

/// Which scaler there is; its vectors and matrices are tensors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ScalerKind {
    Standardization { offset: f64 },
    Whitening {},
}

/// Enough of a document of any version to tell the version.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Document {
    pub fn new(
        activation: SavedActivation,
        scaler: Option<ScalerKind>,
        provenance: Provenance,
    ) -> Self {
        Self { version: VERSION, activation, scaler, provenance }
    }

    /// The document as JSON, but for the brace that opens it.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)?.split_off(1))
    }

    /// A document from the text that [`sealed`] made, the checksum in it, and what this is of.
    pub fn parse(text: &str) -> Result<(Self, &str, &str), String> {
        let broken = |error| format!("the description of the model is broken: {error}");
        let version: Version = serde_json::from_str(text).map_err(broken)?;
        if version.version > VERSION || version.version == 0 {
            return Err(format!(
                "it has version {} of the format, but must have one from 1 to {VERSION}: a newer \
                 version of this crate may know it",
                version.version
            ));
        }
        let parts = text.strip_prefix(BEFORE).and_then(|rest| rest.split_once(AFTER));
        let Some((checksum, body)) = parts else {
            return Err(format!("the description of the model does not begin with {BEFORE}"));
        };
        let document = serde_json::from_str(&format!("{{{body}")).map_err(broken)?;
        Ok((document, checksum, body))
    }
}

const BEFORE: &str = r#"{"crc32":""#;
const AFTER: &str = "\",";

/// The JSON of a document with its checksum, which comes first.
pub(super) fn sealed(checksum: &str, body: &str) -> String {
    format!("{BEFORE}{checksum}{AFTER}{body}")
}
