//! The header of a `.npy` file: a Python dictionary with three keys.

use crate::data::bytes::Bytes;
use crate::data::encoding::Encoding;
use crate::error::Error;
use std::fmt::Write;

/// What every file begins with.
const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// The longest dictionary that is read, as in NumPy.
const LONGEST: usize = 10_000;
/// The values begin at a multiple of this.
const ALIGNMENT: usize = 64;

/// What a header says about the values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// How a value is stored.
    pub encoding: Encoding,
    /// Whether the first index runs fastest.
    pub is_fortran_order: bool,
    /// The sizes, none of them 0.
    pub shape: Vec<usize>,
}

impl Header {
    /// Reads a header; the values come next.
    pub fn read(bytes: &mut Bytes<'_>) -> Result<Self, Error> {
        let mut start = [0; 8];
        let got = bytes.fill(&mut start)?;
        if got < start.len() || !start.starts_with(MAGIC) {
            return Err(bytes.violation("it does not begin as a .npy file does".to_owned()));
        }
        let mut length = [0; 4];
        let digits = match (start[6], start[7]) {
            (1, 0) => 2,
            (2 | 3, 0) => 4,
            (major, minor) => {
                return Err(bytes.violation(format!(
                    "the format's version is {major}.{minor}, but must be 1.0, 2.0 or 3.0"
                )));
            }
        };
        if bytes.fill(&mut length[..digits])? < digits {
            return Err(bytes.violation("the header ends within its length".to_owned()));
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST {
            let rule = format!("but must be at most {LONGEST}");
            return Err(bytes.violation(format!("the header's length is {length}, {rule}")));
        }
        let mut text = vec![0; length];
        let got = bytes.fill(&mut text)?;
        if got < length {
            return Err(bytes.violation(format!("the header ends after {got} of {length} bytes")));
        }
        let text = str::from_utf8(&text)
            .map_err(|error| bytes.violation(format!("the header is no text: {error}")))?;
        Text(text).header().map_err(|reason| bytes.violation(reason))
    }

    /// The bytes of the header for N × n values of `T`, little-endian, in C order.
    pub fn bytes(n_samples: usize, n_inputs: usize, width: usize) -> Vec<u8> {
        let mut text = String::new();
        // To write to a `String` cannot fail.
        let _ = write!(
            text,
            "{{'descr': '<f{width}', 'fortran_order': False, 'shape': ({n_samples}, {n_inputs}), }}"
        );
        let before = MAGIC.len() + 4;
        let length = (before + text.len() + 1).next_multiple_of(ALIGNMENT) - before;
        let mut bytes = MAGIC.to_vec();
        bytes.extend([1, 0]);
        // Two numbers of at most 20 digits and what stands around them: far below 2¹⁶.
        bytes.extend((length as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.resize(before + length - 1, b' ');
        bytes.push(b'\n');
        bytes
    }
}

/// What is left of the dictionary's text.
struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    fn header(mut self) -> Result<Header, String> {
        let (mut encoding, mut is_fortran_order, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.eat('}') {
            let key = self.string()?;
            self.expect(':')?;
            let is_new = match key {
                "descr" => encoding.replace(self.encoding()?).is_none(),
                "fortran_order" => is_fortran_order.replace(self.truth()?).is_none(),
                "shape" => shape.replace(self.shape()?).is_none(),
                _ => return Err(format!("the header has a key {key:?}, which is unknown")),
            };
            if !is_new {
                return Err(format!("the header has the key {key:?} twice"));
            }
            if !self.eat(',') {
                self.expect('}')?;
                break;
            }
        }
        if !self.rest().is_empty() {
            return Err(format!("the header goes on after its end: {:?}", self.0));
        }
        let missing = |key| format!("the header lacks the key {key:?}");
        Ok(Header {
            encoding: encoding.ok_or_else(|| missing("descr"))?,
            is_fortran_order: is_fortran_order.ok_or_else(|| missing("fortran_order"))?,
            shape: shape.ok_or_else(|| missing("shape"))?,
        })
    }

    /// What comes next, without white space before it.
    fn rest(&mut self) -> &'a str {
        self.0 = self.0.trim_ascii_start();
        self.0
    }

    /// Takes this character, if it comes next.
    fn eat(&mut self, character: char) -> bool {
        let rest = self.rest().strip_prefix(character);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, character: char) -> Result<(), String> {
        if self.eat(character) { Ok(()) } else { Err(self.unexpected(&format!("{character:?}"))) }
    }

    fn unexpected(&mut self, wanted: &str) -> String {
        let next = self.rest().chars().next();
        let found = next.map_or("its end".to_owned(), |next| format!("{next:?}"));
        format!("the header has {found} where {wanted} must be")
    }

    /// Takes the longest beginning of characters of this kind.
    fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|next| !is_wanted(next)).unwrap_or(rest.len());
        self.0 = &rest[end..];
        &rest[..end]
    }

    /// A string in quotes, without escapes.
    fn string(&mut self) -> Result<&'a str, String> {
        let quote = if self.eat('"') {
            '"'
        } else if self.eat('\'') {
            '\''
        } else {
            return Err(self.unexpected("a string"));
        };
        let (string, rest) =
            self.0.split_once(quote).ok_or("the header has a string without end")?;
        self.0 = rest;
        Ok(string)
    }

    fn encoding(&mut self) -> Result<Encoding, String> {
        if self.rest().starts_with('[') {
            return Err("the values are structures, but must be numbers".to_owned());
        }
        let name = self.string()?;
        let mut characters = name.chars();
        let (order, kind) = (characters.next(), characters.next());
        let is_big_endian = match order {
            Some('<') => Some(false),
            Some('>') => Some(true),
            // A byte has no order.
            Some('|') if name.ends_with('1') => Some(false),
            _ => None,
        };
        is_big_endian
            .zip(kind)
            .and_then(|(is_big, kind)| Encoding::named(kind, characters.as_str(), is_big))
            .ok_or_else(|| {
                let rule = "but must be a real or an integer number: f4, f8, u1 to u8 or i1 to i8";
                format!("the type of the values is {name:?}, {rule}")
            })
    }

    fn truth(&mut self) -> Result<bool, String> {
        match self.take_while(char::is_alphanumeric) {
            "False" => Ok(false),
            "True" => Ok(true),
            other => Err(format!("'fortran_order' is {other:?}, but must be True or False")),
        }
    }

    /// A tuple of sizes.
    fn shape(&mut self) -> Result<Vec<usize>, String> {
        let mut sizes = Vec::new();
        self.expect('(')?;
        while !self.eat(')') {
            let (dimension, digits) = (sizes.len(), self.take_while(|next| next.is_ascii_digit()));
            if digits.is_empty() {
                return Err(self.unexpected("a size"));
            }
            match digits.parse() {
                Ok(0) => return Err(format!("size {dimension} is 0, but must be at least 1")),
                Ok(size) => sizes.push(size),
                Err(_) => {
                    let rule = format!("but must be at most {}", usize::MAX);
                    return Err(format!("size {dimension} is {digits}, {rule}"));
                }
            }
            // Python 2 marked long integers.
            self.eat('L');
            if !self.eat(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(sizes)
    }
}
