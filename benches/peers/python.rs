//! A Python interpreter that has PyTorch.

use std::error::Error;
use std::io::stderr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/.venv");

/// The interpreter of the virtual environment beside this file, made on first use.
pub fn interpreter() -> Result<PathBuf, Box<dyn Error>> {
    let bin = if cfg!(windows) { "Scripts" } else { "bin" };
    let python = Path::new(FOLDER).join(bin).join("python");
    if !has_pytorch(&python) {
        eprintln!("installing PyTorch into {FOLDER}: some minutes, several GB");
        run(Command::new("python3").args(["-m", "venv", FOLDER]))?;
        run(Command::new(&python).args(["-m", "pip", "install", "torch", "numpy"]))?;
    }
    Ok(python)
}

fn has_pytorch(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import torch"]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command that must succeed; what it prints goes to the error stream.
fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let failed = format!("{command:?} failed");
    let status = command.stdout(stderr()).status().map_err(|error| format!("{failed}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{failed}: {status}").into()) }
}
