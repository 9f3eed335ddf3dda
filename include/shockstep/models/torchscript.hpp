/// A trained network from a TorchScript file. Loading a model runs the code in it: load only what you trust.
#pragma once

#include <shockstep/score_model.hpp>

#include <string>
#include <vector>

namespace shockstep {

/// What the network returns.
enum class Predicts {
  denoised,  ///< D(x, sigma)
  noise,     ///< n in x = x0 + sigma n:  D = x - sigma n
  score,     ///< s = (D - x)/sigma^2:    D = x + sigma^2 s
};

/// What the network takes as its second argument.
enum class TimeInput {
  sigma,      ///< sigma
  log_sigma,  ///< ln sigma
  edm,        ///< ln(sigma)/4, c_noise of Karras et al. 2022
};

enum class NetworkType { float32, float64, float16, bfloat16 };

struct TorchScriptOptions {
  std::vector<std::int64_t> shape = {};  ///< shape of one sample, without the batch dimension
  Predicts predicts = Predicts::denoised;
  TimeInput time = TimeInput::sigma;
  double data_std = 0;                       ///< standard deviation of the data; 0: unknown
  NetworkType dtype = NetworkType::float32;  ///< type of the network's inputs; the state outside stays float64
  std::string device = "cpu";                ///< cpu, cuda or cuda:K
};

/// Loads `path` and checks shape, type and signature by one probe call at sigma = 1.
/// Throws FileError if the file cannot be read, ModelError if it is no TorchScript module or does not fit the options.
ModelPtr load_torchscript(const std::string& path, const TorchScriptOptions& options);

}  // namespace shockstep
