/// What is integrated: a denoiser D(x, sigma) = E[x0 | x] in the canonical (variance exploding) frame.
#pragma once

#include <shockstep/abilities.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace shockstep {

/// A model of one's own overrides denoise, shape and describe; the rest is what it may know besides (docs/extend.md).
/// Row i of a result must depend on row i of the arguments alone.
class ScoreModel {
 public:
  virtual ~ScoreModel() = default;

  /// Denoised samples. x: [B, *shape()] float64 on the CPU, contiguous; sigma: [B] float64. Returns the same shape
  /// and type. Must not keep state between calls. A ModelError ends the run with that error, a Cancelled as an
  /// observer does; for anything else it throws, the engine finds out which rows are to blame, and only those fail.
  virtual at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const = 0;

  /// The same for rows of known trajectories, [B] int64, where each has its own condition; the engine calls this one.
  virtual at::Tensor denoise_rows(const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& trajectory) const {
    static_cast<void>(trajectory);
    return denoise(x, sigma);
  }

  /// For how many trajectories, from 0 on, there are conditions; 0: for any number. Trajectories of a pilot take them
  /// in turn.
  virtual std::int64_t conditions() const { return 0; }

  /// Shape of one sample, without the batch dimension.
  virtual const std::vector<std::int64_t>& shape() const = 0;

  /// Standard deviation of the data, root mean square over coordinates, data units; 0 where unknown.
  virtual double data_std() const { return 0; }

  /// True for closed-form models: float64, and each row's bits depend on that row alone, so the engine may call it from
  /// several threads, with any number of rows. False for networks: one call at a time, batches padded to one size.
  virtual bool exact() const { return false; }

  /// What it knows in closed form besides.
  virtual Abilities abilities() const { return {}; }

  /// File it was loaded from; empty where there is none. Guard profiles are sought beside it.
  virtual std::string file() const { return {}; }

  /// What is asked of the network in that file besides x and sigma, in words; empty: nothing. Labels, guidance and
  /// threshold make another denoiser of it, which needs a guard profile of its own.
  virtual std::string conditioning() const { return {}; }

  /// One line for logs and reports.
  virtual std::string describe() const = 0;

  /// Product of shape().
  std::int64_t dimension() const {
    std::int64_t d = 1;
    for (auto n : shape()) d *= n;
    return d;
  }
};

/// Models are shared and never changed.
using ModelPtr = std::shared_ptr<const ScoreModel>;

/// Any callable (x [B, *shape], sigma [B]) -> denoised, all float64 on the CPU, as a model.
using Denoiser = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& sigma)>;

/// What a callable cannot say of itself.
struct CallableOptions {
  std::vector<std::int64_t> shape = {};  ///< shape of one sample, without the batch dimension
  double data_std = 0;                   ///< standard deviation of the data; 0: measured by a short pilot when needed
};

/// The callable as a model; what it returns is brought to float64 on the CPU. Throws ConfigError for no callable, an
/// empty shape or a negative data_std; the model throws ModelError where the callable returns another shape.
ModelPtr make_model(Denoiser denoiser, CallableOptions options);

}  // namespace shockstep
