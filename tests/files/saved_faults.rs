//! No damage to a file of a model goes unnoticed, and none makes the library panic.

use nalgebra::DMatrix;
use regularized_autoencoder::data::{Scaler, Standardization, Whitening};
use regularized_autoencoder::saved::{Provenance, SavedModel};
use regularized_autoencoder::{Constraint, Error, RegularizedAutoEncoder, Softplus};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes of a model with everything that a file can hold.
fn bytes() -> Vec<u8> {
    with_scaler(Some(Standardization::fit(&data(), 0.1).unwrap().into()))
}

fn data() -> DMatrix<f64> {
    DMatrix::from_fn(3, 40, |i, j| i as f64 + (((i + 1) * (i + 2) * j + i) as f64).sin())
}

fn with_scaler(scaler: Option<Scaler>) -> Vec<u8> {
    let mut model = RegularizedAutoEncoder::<f32>::builder(3, 4)
        .activation(Softplus::with_sharpness(2.0).unwrap())
        .decoder_bias(true)
        .build()
        .unwrap();
    model.set_scaler(scaler).unwrap();
    let provenance = Provenance::new().seed(7).epochs(50).constraint(Constraint::UNIT);
    model.to_bytes(&provenance.note("data", "three \"waves\"")).unwrap()
}

/// What `read` gives, which must not panic.
fn read(bytes: &[u8]) -> Result<SavedModel<f32>, Error> {
    let attempt = || SavedModel::<f32>::from_bytes(bytes);
    catch_unwind(AssertUnwindSafe(attempt)).expect("it panicked")
}

/// The same from a stream whose length nobody knows.
fn read_stream(bytes: &[u8]) -> Result<SavedModel<f32>, Error> {
    let attempt = || SavedModel::<f32>::read_from(bytes, "stream");
    catch_unwind(AssertUnwindSafe(attempt)).expect("it panicked")
}

/// Both ways of reading refuse `bytes`, with errors that contain every one of the `parts`.
#[track_caller]
fn refused(bytes: &[u8], parts: &[&str]) {
    for outcome in [read(bytes), read_stream(bytes)] {
        let Err(error) = outcome else { panic!("accepted: {parts:?}") };
        assert!(matches!(error, Error::Format { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.starts_with("bytes of a model: ") || message.starts_with("stream: "));
        parts.iter().for_each(|part| assert!(message.contains(part), "{message:?} lacks {part:?}"));
    }
}

/// Where the header ends.
fn header_end(bytes: &[u8]) -> usize {
    8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize
}

/// The file with the text of its header changed, and with the length of the header put right.
fn with_header(bytes: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    let end = header_end(bytes);
    let before = std::str::from_utf8(&bytes[8..end]).unwrap();
    let header = change(before);
    assert_ne!(header, before, "nothing was changed");
    let mut changed = (header.len() as u64).to_le_bytes().to_vec();
    changed.extend(header.as_bytes());
    changed.extend(&bytes[end..]);
    changed
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    with_header(bytes, |header| header.replacen(from, to, 1))
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    let bytes = bytes();
    assert!(read(&bytes).is_ok() && read_stream(&bytes).is_ok());
    for length in 0..bytes.len() {
        let outcomes = [read(&bytes[..length]), read_stream(&bytes[..length])];
        for outcome in outcomes {
            let message = outcome.expect_err("accepted").to_string();
            let names_the_rule =
                message.contains("it ends after") || message.contains("bytes, but");
            assert!(names_the_rule, "{length}: {message}");
        }
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let bytes = bytes();
    for extra in [1, 8, 100_000] {
        let mut longer = bytes.clone();
        longer.resize(bytes.len() + extra, b' ');
        assert!(read(&longer).unwrap_err().to_string().contains("its header is of one of"));
        let message = read_stream(&longer).unwrap_err().to_string();
        assert!(message.contains("bytes after the last tensor"), "{message}");
    }
}

/// Every byte of the file, header and numbers, in several ways: the damage is an error, but for
/// the blanks at the end of the header, where another blank changes nothing.
#[test]
fn a_changed_byte_anywhere_is_noticed() {
    for bytes in [bytes(), with_scaler(Some(Whitening::zca(&data(), 1e-9).unwrap().into()))] {
        let original = read(&bytes).unwrap();
        let end = header_end(&bytes);
        let text = bytes[8..end].iter().rposition(|byte| *byte != b' ').unwrap() + 9;
        for at in 0..bytes.len() {
            let flips = (0..8).map(|bit| bytes[at] ^ (1 << bit));
            let values = [0, b' ', b'\n', b'"', b'\\', b'0', b'9', b'-', b'{', b'}', b',', 0xff];
            for value in flips.chain(values).filter(|value| *value != bytes[at]) {
                let mut changed = bytes.clone();
                changed[at] = value;
                match read(&changed) {
                    Err(error) => assert!(matches!(error, Error::Format { .. }), "{error}"),
                    Ok(found) => {
                        assert_eq!(found, original);
                        assert!((text..end).contains(&at), "byte {at} became {value}");
                    }
                }
            }
        }
    }
}

/// Two bytes at a time, and whole pieces, at places that a generator of numbers chooses.
#[test]
fn damage_in_several_places_is_noticed() {
    let bytes = bytes();
    let original = read(&bytes).unwrap();
    let mut random = regularized_autoencoder::Random::new(5);
    for _ in 0..20_000 {
        let mut changed = bytes.clone();
        for _ in 0..2 + random.below(6) {
            let at = random.below(changed.len());
            match random.below(3) {
                0 => changed[at] = random.below(256) as u8,
                1 => drop(changed.remove(at)),
                _ => changed.insert(at, random.below(256) as u8),
            }
        }
        if let Ok(found) = read(&changed) {
            assert_eq!(found, original);
        }
        if let Ok(found) = read_stream(&changed) {
            assert_eq!(found, original);
        }
    }
}

#[test]
fn absurd_headers_are_refused_without_their_memory() {
    let refuse = |length: u64, rest: &[u8], parts: &[&str]| {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(rest);
        refused(&bytes, parts);
    };
    for length in [u64::MAX, 1 << 63, 1 << 32, (1 << 20) + 1] {
        refuse(length, b"{}", &[&format!("has {length} bytes"), "at most 1048576"]);
    }
    refuse(1 << 20, b"{}", &["it ends after 2 of the 1048576 bytes of its header"]);
    refuse(0, b"", &["the header is not one of a safetensors file"]);
    refuse(2, b"{}", &["it holds no model"]);
    refuse(4, b"null", &["the header is not one"]);
    refuse(2, b"[]", &["the header is not one"]);
    refuse(4, &[0xff; 4], &["the header is not one"]);
    let deep = "[".repeat(100_000);
    refuse(deep.len() as u64, deep.as_bytes(), &["the header is not one"]);

    // A tensor as large as the address space, of which the file has nothing.
    let bytes = bytes();
    let model = |shape: &str, end: u64| {
        with_header(&bytes, |header| {
            let at = header.find("\"filters\"").unwrap();
            let entry = &header[at..=at + header[at..].find('}').unwrap()];
            let begin = entry.split("[").last().unwrap().split(',').next().unwrap();
            let new = format!(
                r#""filters":{{"dtype":"F32","shape":{shape},"data_offsets":[{begin},{end}]}}"#
            );
            header.replace(entry, &new)
        })
    };
    for (shape, end, part) in [
        ("[4294967295,4294967295]", u64::MAX, "the header is not one"),
        ("[18446744073709551615,2]", u64::MAX, "the header is not one"),
        ("[1099511627776,1048576]", 1 << 62, "the header is not one"),
        ("[4,18446744073709551616]", 1 << 62, "the header is not one"),
        ("[4,-3]", 48, "the header is not one"),
        ("[4,3.0]", 48, "the header is not one"),
    ] {
        for outcome in [read(&model(shape, end)), read_stream(&model(shape, end))] {
            let message = outcome.expect_err("accepted").to_string();
            assert!(message.contains(part), "{shape}: {message}");
        }
    }
}

/// The header is consistent, but the file has only the beginning of its numbers: memory is taken as
/// they arrive.
#[test]
fn numbers_that_never_come_take_no_memory() {
    let model = RegularizedAutoEncoder::<f32>::builder(3, 4).build().unwrap();
    let bytes = model.to_bytes(&Provenance::new()).unwrap();
    let (columns, end) = (1_u64 << 38, 16 + (1_u64 << 42));
    let bytes = with_header(&bytes, |header| {
        let huge = format!(r#""shape":[4,{columns}],"data_offsets":[16,{end}]"#);
        header.replacen(r#""shape":[4,3],"data_offsets":[16,64]"#, &huge, 1)
    });
    let message = read(&bytes).expect_err("accepted").to_string();
    assert!(message.contains("bytes, but its header is of one of 4398046"), "{message}");
    let message = read_stream(&bytes).expect_err("accepted").to_string();
    assert!(message.contains("it ends after 12 of the 1099511627776 numbers"), "{message}");
}

#[test]
fn other_files_are_refused_with_the_reason() {
    let bytes = bytes();
    refused(
        &replaced(&bytes, "regularized_autoencoder", "regularized_something"),
        &["it holds no model", "`regularized_autoencoder`"],
    );
    refused(
        &replaced(&bytes, r#"\"version\":1"#, r#"\"version\":2"#),
        &["version 2", "a newer version of this crate"],
    );
    refused(&replaced(&bytes, r#"\"version\":1"#, r#"\"version\":0"#), &["version 0"]);
    refused(
        &replaced(&bytes, r#"\"version\":1"#, r#"\"revision\":1"#),
        &["missing field", "version"],
    );
    refused(&replaced(&bytes, r#""filters""#, r#""weights""#), &["the tensor filters is missing"]);
    refused(
        &replaced(&bytes, r#""encoder_bias""#, r#""encoder_byas""#),
        &["the tensor encoder_bias is missing"],
    );
    refused(
        &replaced(&bytes, r#""decoder_bias""#, r#""decoder_byas""#),
        &[r#"a tensor "decoder_byas" that no model has"#],
    );
    refused(
        &replaced(&bytes, r#""scaler.mean""#, r#""scaler.median""#),
        &["the tensor scaler.mean is missing"],
    );
    refused(&replaced(&bytes, r#"\"standardization\""#, r#"\"whitening\""#), &["broken"]);
    refused(
        &replaced(&bytes, r#"{\"standardization\":{\"offset\":0.1}}"#, "null"),
        &["scaler.mean", "that no model has"],
    );
    refused(
        &replaced(&bytes, r#""shape":[4,3]"#, r#""shape":[12]"#),
        &["filters", "[12]", "must have 2"],
    );
    refused(
        &replaced(&bytes, r#""shape":[4,3]"#, r#""shape":[6,2]"#),
        &["encoder_bias", "[4]", "[6]"],
    );
    refused(
        &replaced(&bytes, r#""shape":[4,3]"#, r#""shape":[3,4]"#),
        &["encoder_bias", "[4]", "[3]"],
    );
    refused(&replaced(&bytes, r#""dtype":"F32""#, r#""dtype":"I32""#), &["I32", "F32"]);
    refused(&replaced(&bytes, r#""dtype":"F64""#, r#""dtype":"I64""#), &["I64", "F64"]);
    refused(&replaced(&bytes, r#"\"sharpness\":2.0"#, r#"\"sharpness\":3.0"#), &["it was changed"]);
    refused(&replaced(&bytes, r#"\"data\""#, r#"\"date\""#), &["it was changed"]);
    refused(&replaced(&bytes, r#"\"seed\":7"#, r#"\"seed\":-7"#), &["broken", "-7"]);
    refused(
        &replaced(&bytes, r#"{\"Length\":1.0}"#, r#"{\"Length\":-1.0}"#),
        &["length of the filters is -1"],
    );
    let all_f64 = |header: &str| header.replace("F32", "F64");
    refused(&with_header(&bytes, all_f64), &["the header is not one"]);
}

/// The same file with other numbers, and the checksum of these.
fn with_numbers(name: &str, change: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut bytes = bytes();
    let end = header_end(&bytes);
    let header = std::str::from_utf8(&bytes[8..end]).unwrap().trim_end().to_owned();
    let entry: serde_json::Value = serde_json::from_str(&header).unwrap();
    let offset = |which: usize| entry[name]["data_offsets"][which].as_u64().unwrap() as usize;
    change(&mut bytes[end + offset(0)..end + offset(1)]);
    let text = entry["__metadata__"]["regularized_autoencoder"].as_str().unwrap();
    let (old, body) = text.strip_prefix(r#"{"crc32":""#).unwrap().split_once("\",").unwrap();
    let checksum = crc32(&[body.as_bytes(), &bytes[end..]].concat());
    let header = header.replacen(old, &format!("{checksum:08x}"), 1);
    bytes[8..8 + header.len()].copy_from_slice(header.as_bytes());
    bytes
}

/// CRC-32/ISO-HDLC, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[test]
fn the_checksum_is_the_one_that_is_documented() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926); // the check value of CRC-32/ISO-HDLC
    assert_eq!(with_numbers("filters", |_| {}), bytes());
    let changed = with_numbers("filters", |numbers| numbers[..4].copy_from_slice(&[0; 4]));
    assert_eq!(read(&changed).unwrap().parameters.filters()[0], 0.0);
}

#[test]
fn numbers_that_no_model_has_are_refused_though_the_checksum_fits() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let set = |numbers: &mut [u8]| numbers[4..8].copy_from_slice(&value.to_le_bytes());
        let printed = value.to_string();
        let parts = ["filters holds", &printed, "at row 1, column 0"];
        refused(&with_numbers("filters", set), &parts);
        refused(&with_numbers("encoder_bias", set), &["encoder bias holds", &printed]);
        refused(&with_numbers("decoder_bias", set), &["decoder bias holds", &printed]);
    }
    for value in [f64::NAN, f64::INFINITY] {
        let set = |numbers: &mut [u8]| numbers[8..16].copy_from_slice(&value.to_le_bytes());
        refused(&with_numbers("scaler.mean", set), &["mean of the data", &value.to_string()]);
        let name = "scaler.standard_deviation";
        refused(&with_numbers(name, set), &["feature 1", &value.to_string()]);
    }
    let negative = |numbers: &mut [u8]| numbers[8..16].copy_from_slice(&(-1.0_f64).to_le_bytes());
    let name = "scaler.standard_deviation";
    refused(&with_numbers(name, negative), &["standard deviation of feature 1 is -1"]);
}

#[test]
fn tensors_without_numbers_are_refused() {
    let empty = |header: &str| {
        let metadata = &header[..header.find("\"scaler.mean\"").unwrap()];
        let entry = |name: &str, dtype: &str, shape: &str| {
            format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,0]}}"#)
        };
        let all = [
            entry("filters", "F32", "[0,3]"),
            entry("encoder_bias", "F32", "[0]"),
            entry("scaler.mean", "F64", "[0]"),
            entry("scaler.standard_deviation", "F64", "[0]"),
        ];
        format!("{metadata}{}}}", all.join(","))
    };
    let bytes = bytes();
    let mut changed = with_header(&bytes, empty);
    changed.truncate(header_end(&changed));
    refused(&changed, &["filters", "[0, 3]", "at least 1"]);
}

/// A stream that fails in the middle.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the line is dead")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_stream_that_fails_is_an_error_of_the_stream() {
    let bytes = bytes();
    for length in [0, 4, 100, header_end(&bytes), bytes.len() - 1] {
        let outcome = SavedModel::<f32>::read_from(Failing(&bytes[..length]), "line");
        let error = outcome.expect_err("accepted");
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
        assert_eq!(error.to_string(), "line: the line is dead");
    }
}
