//! Times programs in turn.

use crate::program::Program;
use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

/// Steps of the first, rough measurement.
const PILOT: usize = 10;
/// Until the threads of the program before have gone to sleep.
const PAUSE: Duration = Duration::from_millis(20);

/// How long is measured.
#[derive(Clone, Copy)]
pub struct Method {
    pub rounds: usize,
    /// Of each program in each round.
    pub seconds: f64,
}

/// Milliseconds per step of each program in each round; all programs take their turn in a round.
pub fn measure(
    programs: &mut [Box<dyn Program + '_>],
    method: Method,
) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let steps: Vec<usize> = programs
        .iter_mut()
        .map(|program| calibrated(&mut **program, method.seconds))
        .collect::<Result<_, _>>()?;
    let mut times = vec![Vec::new(); programs.len()];
    for _ in 0..method.rounds {
        for ((program, &steps), times) in programs.iter_mut().zip(&steps).zip(&mut times) {
            sleep(PAUSE);
            times.push(program.run(steps)?.milliseconds_per_step());
        }
    }
    Ok(times)
}

/// How many steps take so many seconds; the program is warm afterwards.
fn calibrated(program: &mut dyn Program, seconds: f64) -> Result<usize, Box<dyn Error>> {
    let mut steps = PILOT;
    for share in [0.25, 1.0] {
        let wanted = 1000.0 * share * seconds;
        steps = (wanted / program.run(steps)?.milliseconds_per_step()).ceil() as usize;
    }
    Ok(steps)
}

/// The middle one, or the mean of the middle two.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        (values[middle - 1] + values[middle]) / 2.0
    } else {
        values[middle]
    }
}
