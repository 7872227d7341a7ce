//! On what is measured.

use serde::Serialize;
use std::fs;
use std::thread::available_parallelism;

#[derive(Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
}

impl Machine {
    pub fn this() -> Self {
        let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let name =
            described.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let processor = name.map_or("unknown processor", |(_, name)| name.trim()).to_owned();
        Self { processor, cores: available_parallelism().map_or(1, usize::from) }
    }
}
