//! `.npy` files: NumPy's own, ours, and damaged ones.

use crate::common::files::{Folder, gzip, npy_bytes, says};
use nalgebra::{DMatrix, dmatrix};
use regularized_autoencoder::data::npy;
use regularized_autoencoder::{Real, Samples};
use std::fs;
use std::path::PathBuf;

/// A file that NumPy wrote: see `arrays.py` there.
fn path(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/npy");
    PathBuf::from(folder).join(name).with_extension("npy")
}

/// The rows of `values` in `arrays.py`, in columns.
fn expected<T: Real>() -> DMatrix<T> {
    dmatrix![0.0, 2.0, 127.0; 1.0, 100.0, 3.0].map(T::of)
}

fn arrays_of_numpy_come_back<T: Real>() {
    let types = ["f4", "f8", "u2", "i2", "u4", "i8"].map(|name| format!("little-{name}"));
    let big = ["f4", "f8", "u2", "i4", "u8"].map(|name| format!("big-{name}"));
    let others = ["u1", "i1", "fortran", "version-2", "version-3", "rank-3"].map(String::from);
    for name in types.into_iter().chain(big).chain(others) {
        assert_eq!(npy::read::<T>(path(&name)).unwrap(), expected(), "{name}");
        let bytes = fs::read(path(&name)).unwrap();
        assert_eq!(npy::read_from::<T>(&gzip(&bytes)[..], "packed").unwrap(), expected(), "{name}");
    }
}

#[test]
fn arrays_of_numpy_come_back_in_either_precision() {
    arrays_of_numpy_come_back::<f32>();
    arrays_of_numpy_come_back::<f64>();
}

#[test]
fn what_is_written_is_what_numpy_writes() {
    let folder = Folder::new();
    let file = folder.0.join("x.npy");
    npy::write(&file, &expected::<f32>()).unwrap();
    assert_eq!(fs::read(&file).unwrap(), fs::read(path("little-f4")).unwrap());
    npy::write(&file, &expected::<f64>()).unwrap();
    assert_eq!(fs::read(&file).unwrap(), fs::read(path("little-f8")).unwrap());
    assert_eq!(folder.0.read_dir().unwrap().count(), 1);
}

fn what_is_written_comes_back<T: Real>() {
    // More than one piece of the buffers, and no whole number of them.
    for (n_inputs, n_samples) in [(1, 1), (7, 1), (1, 9), (35, 1001)] {
        let value = |i: usize, j: usize| T::of(((i * 31 + j * 17) as f64).sin() * 1e5);
        let x = DMatrix::from_fn(n_inputs, n_samples, value);
        let mut bytes = Vec::new();
        npy::write_to(&mut bytes, "memory", &x).unwrap();
        assert_eq!(npy::read_from::<T>(&bytes[..], "memory").unwrap(), x);
        assert_eq!((bytes.len() - size_of::<T>() * x.len()) % 64, 0);
    }
}

#[test]
fn what_is_written_comes_back_in_either_precision() {
    what_is_written_comes_back::<f32>();
    what_is_written_comes_back::<f64>();
}

#[test]
fn arrays_that_are_no_samples_are_refused() {
    let cases: [(&str, &[&str]); 6] = [
        ("rank-1", &["rank is 1", "at least 2"]),
        ("complex", &["type of the values is \"<c16\"", "f4, f8"]),
        ("structure", &["structures", "must be numbers"]),
        ("nan", &["sample 1 holds NaN at input 1", "must be finite"]),
        ("empty", &["size 0 is 0", "at least 1"]),
        ("missing", &["missing.npy"]),
    ];
    for (name, parts) in cases {
        says(npy::read::<f32>(path(name)), parts);
        says(npy::read::<f64>(path(name)), &[&path(name).to_string_lossy()]);
    }
    // What f8 holds and f32 does not.
    let mut bytes = Vec::new();
    npy::write_to(&mut bytes, "large", &dmatrix![1.0, 1e39]).unwrap();
    says(npy::read_from::<f32>(&bytes[..], "large"), &["sample 1 holds inf at input 0"]);
    assert_eq!(npy::read_from::<f64>(&bytes[..], "large").unwrap(), dmatrix![1.0, 1e39]);
}

/// 2 samples of 3 bytes.
const VALUES: [u8; 6] = [1, 2, 3, 4, 5, 6];

#[test]
fn a_dictionary_may_be_written_in_any_way() {
    for dictionary in [
        "{'descr':'|u1','fortran_order':False,'shape':(2,3)}",
        "{\"shape\": (2, 3,), \"descr\": \"|u1\", \"fortran_order\": False}\n",
        " { 'fortran_order' : False , 'shape' : ( 2L , 3L ) , 'descr' : '<u1' , } ",
        "{'descr': '>u1', 'fortran_order': False, 'shape': (2, 1, 3, 1), }",
    ] {
        let bytes = npy_bytes(dictionary, &VALUES);
        let x = npy::read_from::<f64>(&bytes[..], "x").unwrap();
        assert_eq!(x, dmatrix![1.0, 4.0; 2.0, 5.0; 3.0, 6.0], "{dictionary}");
    }
}

#[test]
fn errors_name_the_file_the_value_and_the_rule() {
    let cases: [(&str, &[&str]); 25] = [
        ("", &["its end where '{'"]),
        ("[]", &["'[' where '{'"]),
        ("{", &["its end where a string"]),
        ("{'descr", &["a string without end"]),
        ("{'descr'", &["its end where ':'"]),
        ("{'descr': 3}", &["'3' where a string"]),
        ("{'descr': '<f4' 'x': 1}", &["'\\'' where '}'"]),
        ("{'descr': '', 'shape': (1, 1)}", &["type of the values is \"\""]),
        ("{'descr': 'é4', 'shape': (1, 1)}", &["type of the values is \"é4\""]),
        ("{'descr': '<f2'}", &["\"<f2\"", "must be a real or an integer"]),
        ("{'descr': '|f4'}", &["\"|f4\""]),
        ("{'descr': '<O'}", &["\"<O\""]),
        ("{'size': 3}", &["key \"size\"", "unknown"]),
        ("{'descr': '|u1', 'descr': '|u1'}", &["key \"descr\" twice"]),
        ("{'descr': '|u1'}", &["lacks the key \"fortran_order\""]),
        ("{'fortran_order': Perhaps}", &["\"Perhaps\"", "True or False"]),
        ("{'fortran_order': False}", &["lacks the key \"descr\""]),
        ("{'descr': '|u1', 'fortran_order': False}", &["lacks the key \"shape\""]),
        ("{'shape': (2, 3}", &["'}' where ')'"]),
        ("{'shape': (-2, 3)}", &["'-' where a size"]),
        ("{'shape': (2, 0)}", &["size 1 is 0", "at least 1"]),
        ("{'shape': (99999999999999999999, 3)}", &["size 0 is 99999999999999999999", "at most"]),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", &["rank is 0", "at least 2"]),
        (
            "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)} x",
            &["after its end", "\"x\""],
        ),
        (
            "{'descr': '|u1', 'fortran_order': True, 'shape': (1, 2, 3)}",
            &["rank is 3", "must be 2 in Fortran order"],
        ),
    ];
    for (dictionary, parts) in cases {
        let bytes = npy_bytes(dictionary, &VALUES);
        says(npy::read_from::<f32>(&bytes[..], "damaged.npy"), &["damaged.npy"]);
        says(npy::read_from::<f64>(&bytes[..], "damaged.npy"), parts);
    }
    let good = npy_bytes("{'descr':'|u1','fortran_order':False,'shape':(2,3)}", &VALUES);
    let with = |at: usize, bytes: &[u8]| {
        let mut damaged = good.clone();
        damaged[at..at + bytes.len()].copy_from_slice(bytes);
        npy::read_from::<f64>(&damaged[..], "x")
    };
    says(with(0, b"\x94"), &["does not begin as a .npy file"]);
    says(with(6, &[4]), &["version is 4.0", "1.0, 2.0 or 3.0"]);
    says(with(7, &[1]), &["version is 1.1", "1.0, 2.0 or 3.0"]);
    says(with(6, &[2]), &["length is", "at most 10000"]);
    says(with(8, &[0xff, 0xff]), &["length is 65535", "at most 10000"]);
    says(with(8, &[0x10, 0x27]), &["the header ends after", "of 10000 bytes"]);
    says(with(20, &[0xff]), &["the header is no text"]);
    let longer = [&good[..], &[7]].concat();
    says(npy::read_from::<f64>(&longer[..], "x"), &["bytes after the 6"]);
}

/// Every size that a header can promise is checked before memory is taken.
#[test]
fn promises_that_the_file_does_not_keep_are_refused() {
    for (shape, part) in [
        ("(4294967295, 1024)", "the values end after 6 of 35184372080640 bytes"),
        ("(4294967296, 4294967296)", "do not fit into memory"),
        ("(1, 4294967296, 4294967296)", "do not fit into memory"),
        ("(4294967296, 1073741824)", "do not fit into memory"),
    ] {
        for order in ["False", "True"] {
            let dictionary =
                format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': {shape}}}");
            let bytes = npy_bytes(&dictionary, &VALUES);
            says(npy::read_from::<f32>(&bytes[..], "promise"), &[part]);
        }
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    for name in ["little-f4", "big-u2", "fortran", "version-2"] {
        let bytes = fs::read(path(name)).unwrap();
        for length in 0..bytes.len() {
            says(npy::read_from::<f64>(&bytes[..length], "cut.npy"), &["cut.npy"]);
        }
    }
}

/// A damaged header is refused, is harmless, or names another type of values.
#[test]
fn a_damaged_header_is_refused_or_says_the_same() {
    for name in ["little-f8", "version-3", "fortran", "u1"] {
        let bytes = fs::read(path(name)).unwrap();
        let header = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        let kind = bytes.windows(9).position(|text| text == b"'descr': ").unwrap() + 10;
        let (mut refused, mut harmless) = (0, 0);
        for at in 0..header {
            let mut damaged = bytes.clone();
            for byte in 0..=255 {
                damaged[at] = byte;
                match npy::read_from::<f64>(&damaged[..], "damaged.npy") {
                    Ok(x) if x == expected::<f64>() => harmless += 1,
                    Ok(_) => assert!((kind..kind + 2).contains(&at), "{name}: {byte} at {at}"),
                    Err(error) => {
                        refused += 1;
                        assert!(error.to_string().contains("damaged.npy"), "{error}");
                    }
                }
            }
        }
        // The bytes themselves, at least.
        assert!(refused > harmless && harmless >= header, "{name}: {refused}, {harmless}");
    }
}

#[test]
fn what_could_not_be_read_is_not_written() {
    let folder = Folder::new();
    let file = folder.write("x.npy", b"previous");
    says(npy::write(&file, &dmatrix![1.0, f64::NAN]), &["array to write holds NaN", "column 1"]);
    says(npy::write(&file, &DMatrix::<f32>::zeros(3, 0)), &["array to write is empty"]);
    let none: &[f64] = &[];
    let empty = Samples::from_slice(none, 2).unwrap();
    says(npy::write_to(&mut Vec::new(), "memory", &empty), &["array to write is empty"]);
    assert_eq!(fs::read(&file).unwrap(), b"previous");
    let missing = folder.0.join("missing").join("x.npy");
    says(npy::write(&missing, &dmatrix![1.0]), &["missing"]);
    says(npy::write_to(Full, "full disk", &dmatrix![1.0]), &["full disk", "no space"]);
}

/// A disk on which there is no space.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("no space"))
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
