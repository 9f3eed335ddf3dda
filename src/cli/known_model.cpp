#include "cli/known_model.hpp"
#include "core/row_shape.hpp"

#include <shockstep/models/point_cloud.hpp>
#include <shockstep/tensor_values.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>

namespace shockstep::cli {
namespace {

at::Tensor rows(std::span<const double> x, const ScoreModel& model) {
  const auto shape = row_shape(static_cast<std::int64_t>(x.size()) / model.dimension(), model.shape());
  // from_blob takes no const pointer; the tensor is only read.
  return at::from_blob(const_cast<double*>(x.data()), shape, at::kDouble);
}

at::Tensor at_sigma(double sigma) { return at::full({1}, sigma, at::kDouble); }

}  // namespace

KnownModel known_model(const ModelPtr& model, double sigma_min) {
  const Abilities known = model->abilities();
  // Products of few rows: waiting for a second thread takes longer than they do, minutes in all on a busy machine.
  if (known.modes || known.density) at::set_num_threads(1);
  KnownModel out;
  if (known.modes) {
    out.dimension = model->dimension(), out.means = known.modes->means(),
    out.variance_min = known.modes->variance_min();
    out.denoise = [=](std::span<const double> x, double sigma) {
      return values(model->denoise(rows(x, *model), at_sigma(sigma)));
    };
  }
  if (known.modes) out.terms = known.modes->components();
  if (const auto* cloud = dynamic_cast<const PointCloud*>(model.get())) out.terms = cloud->points();
  if (known.density)
    out.density = [=](std::span<const double> x) {
      return values(known.density->log_density(rows(x, *model), at_sigma(sigma_min)).exp());
    };
  return out;
}

}  // namespace shockstep::cli
