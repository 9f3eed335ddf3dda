/// A trained network and what must be known of it to integrate it: what it takes, what it returns, what it is told.
#pragma once

#include <shockstep/process.hpp>
#include <shockstep/score_model.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace shockstep {

/// What the network returns, for x_t = alpha x0 + s n of the process; xhat = x_t/alpha and sigma = s/alpha.
enum class Predicts {
  denoised,  ///< E[x0 | x_t]
  noise,     ///< E[n | x_t]:                  D = xhat - sigma F
  velocity,  ///< v = alpha n - s x0:          D = (xhat - sigma/alpha F)/(1 + sigma^2). Salimans & Ho 2022 (2202.00512)
  flow,   ///< x0 - n, dx_t/dt of data at 1: D = (xhat + sigma F)/(1 + sigma). With data at 0 it is n - x0, and -F for F
  score,  ///< grad ln p_t(x_t) = -n/s:     D = xhat + alpha sigma^2 F
  edm,    ///< F(c_in xhat, c_noise):       D = c_skip xhat + c_out F. Karras et al. 2022 (2206.00364), table 1
};

/// What the network takes as its second argument.
enum class TimeInput {
  sigma,         ///< s/alpha
  log_sigma,     ///< ln sigma
  edm,           ///< ln(sigma)/4, c_noise of Karras et al. 2022
  t,             ///< native time of the process, times time_scale
  index,         ///< fractional index in the table of the process
  index_over_N,  ///< that over the number of entries
};

/// What the network takes as its first argument.
enum class ScaleInput {
  none,     ///< xhat
  process,  ///< x_t = alpha xhat
};

/// Type of the numbers that a network is given, and of TorchScript weights.
enum class NetworkType { float32, float64, float16, bfloat16 };

/// What a network is told of each trajectory besides its state and time: the embedding of a text, an image, a number.
struct Condition {
  std::string name = {};  ///< of the argument of forward; unique
  /// [n, ...], one row or more: trajectory i has row i, and a single row is every trajectory's. Floating point is handed over in the
  /// type of the network's inputs, any other type as it is. May lie on any device.
  at::Tensor rows = {};
};

/// D, of the D with the conditions and the D without them, [B, *shape], at sigma [B]; all float64 on the CPU. Row i must depend on
/// row i of the arguments alone.
using GuidanceFunction =
    std::function<at::Tensor(const at::Tensor& conditional, const at::Tensor& unconditional, const at::Tensor& sigma)>;

/// Classifier-free guidance, D = D_null + scale (D_cond - D_null): Ho & Salimans 2022 (arXiv 2207.12598), whose w is
/// scale - 1. Both halves count as one evaluation.
struct Guidance {
  double scale = 1;             ///< finite; 1: D_cond alone, without the second half
  std::int64_t null_label = 0;  ///< what the network takes for "no label"
  /// Conditions of the half without: those that are not named are the same in both halves. As Condition::rows; one row may stand
  /// without the first dimension, and a single number for all of a row.
  std::vector<Condition> null_conditions = {};
  /// 1: both halves in one call of twice the rows. 2: in two calls, of which the second is left out where no row is guided. 0: 2
  /// with an interval, else 1.
  int calls = 0;
  /// From 0 to 1: phi of Lin et al. 2024 (arXiv 2305.08891), equations 15 and 16, of D. The standard deviation of each guided row is
  /// brought towards that of the row of D_cond; 0 leaves it.
  double rescale = 0;
  /// Rows are guided where sigma_low < sigma <= sigma_high: Kynkaanniemi et al. 2024 (arXiv 2404.07724).
  double sigma_low = 0;
  double sigma_high = std::numeric_limits<double>::infinity();  ///< data units; elsewhere D is D_cond
  GuidanceFunction own = {};                                    ///< in place of scale and rescale, within the interval
};

/// Bounds on the denoised sample, at the price of a bias: Saharia et al. 2022 (arXiv 2205.11487), section 2.3.
struct Threshold {
  double clip = 1;  ///< |D| <= clip, data units; positive
  /// From 0 to 1. 0: D cut at +-clip. Else D clip/c cut there, where c is this quantile of a row's |D|, or clip if
  /// larger.
  double quantile = 0;
};

/// What a file does not say of its network. docs/models.md has the settings of usual ones.
struct NetworkOptions {
  std::vector<std::int64_t> shape = {};       ///< shape of one sample, without the batch dimension
  Predicts predicts = Predicts::denoised;     ///< what it returns
  std::optional<TimeInput> time = {};         ///< second argument; none: edm for what predicts edm, else sigma
  double time_scale = 1;                      ///< factor on the time; with TimeInput::t only
  ScaleInput scale_input = ScaleInput::none;  ///< what it takes; must be none with Predicts::edm, which has c_in
  /// Third argument: none, one for all, or one per trajectory, label i that of trajectory i.
  std::vector<std::int64_t> labels = {};
  std::vector<Condition> conditions = {};    ///< further arguments of forward, each by its name
  std::optional<Guidance> guidance = {};     ///< needs labels or conditions; none: D of these
  std::optional<Threshold> threshold = {};   ///< none: D as it is
  double data_std = 0;                       ///< standard deviation of the data; 0: unknown. Predicts::edm needs it
  NetworkType dtype = NetworkType::float32;  ///< type of the network's inputs; the state outside stays float64
  std::string device = "cpu";                ///< cpu, cuda or cuda:K
};

/// x [B, *shape], time [B], both of the options' type on their device, and label [B] int64, undefined where there are
/// none. B varies. Returns the shape of x; its rows must not depend on each other.
using NetworkFunction = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& time, const at::Tensor& label)>;

/// The same for networks with conditions. `told`: what comes after x and time, [B, ...] each: the label where there is one, then
/// the conditions in the order of the options.
using ConditionedNetwork =
    std::function<at::Tensor(const at::Tensor& x, const at::Tensor& time, const std::vector<at::Tensor>& told)>;

/// Any callable as a model, after one probe call within the range of the process. Throws ConfigError for options that
/// contradict each other, ModelError if the network does not fit them.
ModelPtr wrap_network(NetworkFunction network, const NetworkOptions& options, const Process& process);
/// The same, for options with conditions or without.
ModelPtr wrap_conditioned_network(ConditionedNetwork network, const NetworkOptions& options, const Process& process);

}  // namespace shockstep
