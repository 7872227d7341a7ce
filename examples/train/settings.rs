//! The command line: what is trained, on what and how.

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};
use regularized_autoencoder::{
    Activation, CodeL1, Constraint, Contractive, Elu, Error, FirstOrderDenoising, Gelu,
    HardSigmoid, Identity, KlSparsity, LeakyRelu, MarginalizedDenoising, Regularizer, Relu,
    SecondOrderDenoising, Sigmoid, Silu, Softplus, Tanh, Unregularized,
};
use serde::{Serialize, Serializer};
use std::path::PathBuf;

/// Trains one auto-encoder by the protocol of the paper and says how sparse it is.
///
/// Mini-batch SGD with momentum, tied weights, no decoder bias, squared error, in f32.
#[derive(Parser, Serialize)]
#[command(name = "train", allow_negative_numbers = true)]
pub struct Settings {
    /// Which auto-encoder
    #[arg(long, value_enum, default_value_t = Model::Ae)]
    pub model: Model,

    /// Activation of the hidden units
    #[arg(long, value_enum, default_value_t = ActivationName::Relu)]
    activation: ActivationName,

    /// λ of cae, mdae, sae, l1 and cae-h; variance σ² of dae, edae and dae-second-order
    #[arg(long, default_value_t = 0.0)]
    pub coefficient: f64,

    /// Target activation ρ of sae [default: 0]
    #[arg(long)]
    rho: Option<f64>,

    /// κ of cae-h: λ (CAE + κ H) [default: 1]
    #[arg(long)]
    hessian: Option<f64>,

    /// Variance of the displacements of cae-h [default: 0.01]
    #[arg(long)]
    noise: Option<f64>,

    /// Displacements per sample of cae-h [default: 1]
    #[arg(long)]
    draws: Option<usize>,

    /// Lengths of the filters: none, unit or max-norm=C
    #[arg(long, default_value = "none", value_parser = constraint)]
    #[serde(serialize_with = "constraint_name")]
    pub constraint: Constraint,

    /// Data: digits, mnist=DIR, cifar10=DIR (random 8 × 8 patches) or synthetic (64 inputs from
    /// 128 atoms, each active with probability 0.05)
    #[arg(long, default_value = "digits", value_parser = data)]
    #[serde(serialize_with = "data_name")]
    pub data: Data,

    /// Number of samples: the first of mnist and digits [default: all], drawn from cifar10
    /// [default: 50000] or synthetic [default: 10000]
    #[arg(long)]
    #[serde(skip)]
    pub samples: Option<usize>,

    /// Number of hidden units
    #[arg(long = "hidden", default_value_t = 1000)]
    pub n_hidden: usize,

    /// Passes over the data
    #[arg(long, default_value_t = 50)]
    pub epochs: usize,

    /// Samples per step
    #[arg(long, default_value_t = 50)]
    pub batch: usize,

    /// Step size η
    #[arg(long, default_value_t = 0.001)]
    pub learning_rate: f64,

    /// μ, the share of a step that the next one keeps
    #[arg(long, default_value_t = 0.9)]
    pub momentum: f64,

    /// Decides the first weights, the order of the samples, noise and what is drawn as data
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// Threads; the result does not depend on them
    #[arg(long, default_value_t = 1)]
    pub threads: usize,

    /// Writes the results to this file
    #[arg(long)]
    #[serde(skip)]
    pub json: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// No regularizer
    Ae,
    /// Contractive, Eq. 8
    Cae,
    /// Marginalized denoising, Eq. 11
    Mdae,
    /// Sparse, Eq. 13, or Eq. 12 with --rho
    Sae,
    /// Denoising with Gaussian noise, Eq. 6
    Dae,
    /// First-order term of denoising
    Edae,
    /// Contractive with Hessian
    CaeH,
    /// Second-order approximation of denoising, Eq. 7
    DaeSecondOrder,
    /// Sum of the absolute codes
    L1,
}

#[derive(Clone, Copy, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
enum ActivationName {
    Relu,
    Softplus,
    Sigmoid,
    Tanh,
    Identity,
    LeakyRelu,
    Elu,
    Silu,
    Gelu,
    HardSigmoid,
}

#[derive(Clone)]
pub enum Data {
    Digits,
    Mnist(PathBuf),
    Cifar10(PathBuf),
    Synthetic,
}

impl Settings {
    /// Reads the command line; an unknown flag, or one of another model, ends the program.
    pub fn from_command_line() -> Self {
        let settings = Self::try_parse().unwrap_or_else(|error| {
            if error.kind() == ErrorKind::UnknownArgument {
                let flags = Self::command();
                let flags: Vec<_> = flags.get_arguments().filter_map(|a| a.get_long()).collect();
                eprintln!("known flags: --{}\n", flags.join(", --"));
            }
            error.exit()
        });
        if let Err(reason) = settings.check() {
            Self::command().error(ErrorKind::ArgumentConflict, reason).exit();
        }
        settings
    }

    fn check(&self) -> Result<(), String> {
        let flags = [
            ("--rho", self.rho.is_some(), Model::Sae, "sae"),
            ("--hessian", self.hessian.is_some(), Model::CaeH, "cae-h"),
            ("--noise", self.noise.is_some(), Model::CaeH, "cae-h"),
            ("--draws", self.draws.is_some(), Model::CaeH, "cae-h"),
        ];
        for (flag, given, owner, name) in flags {
            if given && self.model != owner {
                return Err(format!("{flag} can only be used with --model {name}"));
            }
        }
        if self.model != Model::Ae && self.coefficient == 0.0 {
            eprintln!("note: with --coefficient 0 this is a plain auto-encoder");
        }
        if self.model == Model::Ae && self.coefficient != 0.0 {
            return Err("--model ae has no regularizer: --coefficient must be 0".into());
        }
        Ok(())
    }

    pub fn activation(&self) -> Box<dyn Activation<f32>> {
        match self.activation {
            ActivationName::Relu => Box::new(Relu),
            ActivationName::Softplus => Box::new(Softplus::new()),
            ActivationName::Sigmoid => Box::new(Sigmoid),
            ActivationName::Tanh => Box::new(Tanh),
            ActivationName::Identity => Box::new(Identity),
            ActivationName::LeakyRelu => Box::new(LeakyRelu::default()),
            ActivationName::Elu => Box::new(Elu::default()),
            ActivationName::Silu => Box::new(Silu),
            ActivationName::Gelu => Box::new(Gelu),
            ActivationName::HardSigmoid => Box::new(HardSigmoid),
        }
    }

    /// The regularizer with its coefficient; sets the model's own parameters that were not given.
    pub fn regularizer(&mut self) -> Result<Box<dyn Regularizer<f32>>, Error> {
        let coefficient = self.coefficient;
        Ok(match self.model {
            // The denoising auto-encoder corrupts its input instead.
            Model::Ae | Model::Dae => Box::new(Unregularized),
            Model::Cae => Box::new(coefficient * Contractive::new()),
            Model::Mdae => Box::new(coefficient * MarginalizedDenoising::new()),
            Model::Sae => {
                let rho = *self.rho.get_or_insert(0.0);
                Box::new(coefficient * KlSparsity::new(rho)?)
            }
            Model::Edae => Box::new(FirstOrderDenoising::new(coefficient)?),
            Model::CaeH => {
                let kappa = *self.hessian.get_or_insert(1.0);
                let variance = *self.noise.get_or_insert(0.01);
                let draws = *self.draws.get_or_insert(1);
                Box::new(coefficient * Contractive::with_hessian(kappa, variance, draws)?)
            }
            Model::DaeSecondOrder => Box::new(coefficient * SecondOrderDenoising::new()),
            Model::L1 => Box::new(coefficient * CodeL1::new()),
        })
    }
}

/// What follows `name=` in a flag's value.
fn after<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value.strip_prefix(name)?.strip_prefix('=')
}

fn constraint(value: &str) -> Result<Constraint, String> {
    match (value, after(value, "max-norm")) {
        ("none", _) => Ok(Constraint::None),
        ("unit", _) => Ok(Constraint::UNIT),
        (_, Some(bound)) => match bound.parse() {
            Ok(bound) => Ok(Constraint::MaxNorm(bound)),
            Err(error) => Err(format!("the bound of max-norm: {error}")),
        },
        _ => Err("known are none, unit and max-norm=C".into()),
    }
}

fn data(value: &str) -> Result<Data, String> {
    match (value, after(value, "mnist"), after(value, "cifar10")) {
        ("digits", ..) => Ok(Data::Digits),
        ("synthetic", ..) => Ok(Data::Synthetic),
        (_, Some(folder), _) if !folder.is_empty() => Ok(Data::Mnist(folder.into())),
        (_, _, Some(folder)) if !folder.is_empty() => Ok(Data::Cifar10(folder.into())),
        _ => Err("known are digits, mnist=DIR, cifar10=DIR and synthetic".into()),
    }
}

fn constraint_name<S: Serializer>(constraint: &Constraint, out: S) -> Result<S::Ok, S::Error> {
    match constraint {
        Constraint::None => out.serialize_str("none"),
        Constraint::Length(_) => out.serialize_str("unit"),
        Constraint::MaxNorm(bound) => out.collect_str(&format_args!("max-norm={bound}")),
    }
}

fn data_name<S: Serializer>(data: &Data, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(match data {
        Data::Digits => "digits",
        Data::Mnist(_) => "mnist",
        Data::Cifar10(_) => "cifar10",
        Data::Synthetic => "synthetic",
    })
}
