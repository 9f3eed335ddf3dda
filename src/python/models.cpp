#include "python/models.hpp"

#include "core/magnitude.hpp"
#include "core/shape_text.hpp"
#include "python/number.hpp"
#include "python/tensor.hpp"
#include "python/unlocked.hpp"

#include <shockstep/error.hpp>
#include <shockstep/models/double_well.hpp>
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/models/multiplicative.hpp>
#include <shockstep/models/point_cloud.hpp>

#include <pybind11/stl.h>

namespace shockstep::python {
namespace {

using namespace pybind11::literals;

constexpr std::int64_t most_drawn = std::int64_t{1} << 28;  // numbers

/// [B, *shape], or one sample [*shape].
at::Tensor rows(const ScoreModel& model, const py::object& x) {
  const at::Tensor points = tensor(x, "x");
  if (points.defined() && points.sizes() == at::IntArrayRef(model.shape())) return points.unsqueeze(0);
  if (!points.defined() || points.dim() == 0 || points.sizes().slice(1) != at::IntArrayRef(model.shape()))
    throw ConfigError("x", "must have the shape [B, *shape] with the model's shape " + shape_text(model.shape()) +
                               (points.defined() ? ", has " + shape_text(points.sizes()) : ""));
  return points;
}

// One sigma for all rows, or one for each.
at::Tensor levels(const py::object& sigma, std::int64_t rows) {
  const at::Tensor given = tensor(sigma, "sigma");
  if (!given.defined() || given.dim() > 1 || (given.numel() != 1 && given.numel() != rows))
    throw ConfigError("sigma", "must be one number, or one for each row of x");
  for (std::int64_t i = 0; i < given.numel(); ++i) check_width("sigma", given.const_data_ptr<double>()[i]);
  return given.reshape({-1}).expand({rows}).contiguous();
}

template <class Model, class Return>
auto at_rows(Return (Model::*method)(const at::Tensor&, const at::Tensor&) const) {
  return [method](const Model& model, const py::object& x, const py::object& sigma) {
    const at::Tensor points = rows(model, x), noise = levels(sigma, points.size(0));
    const Unlocked unlocked;
    return (model.*method)(points, noise);
  };
}

/// An ability, or the error that says it is missing.
template <class Ability>
const Ability& known(const ScoreModel& model, const Ability* ability, const char* what) {
  if (!ability) throw ModelError(model.describe() + ": " + what + " not known in closed form");
  return *ability;
}

template <class Model>
using Class = py::class_<Model, ScoreModel, std::shared_ptr<Model>>;

std::shared_ptr<GaussianMixture> mixture(const py::object& means, const py::object& std, const py::object& covariances,
                                         const py::object& weights) {
  return std::make_shared<GaussianMixture>(GaussianMixtureOptions{
      tensor(means, "means"), tensor(std, "std"), tensor(covariances, "covariances"), tensor(weights, "weights")});
}

}  // namespace

void bind_models(py::module_& m) {
  py::class_<ScoreModel, std::shared_ptr<ScoreModel>>(
      m, "Model", "A denoiser D(x, sigma) = E[x0 | x] of x = x0 + sigma n, everything float64 on the CPU.")
      .def("__call__", at_rows(&ScoreModel::denoise), "x"_a, "sigma"_a,
           "D(x, sigma). x: [B, *shape]; sigma: one number, or [B]. Returns [B, *shape].")
      .def_property_readonly(
          "shape", [](const ScoreModel& model) { return py::tuple(py::cast(model.shape())); }, "Shape of one sample.")
      .def_property_readonly("data_std", &ScoreModel::data_std,
                             "Standard deviation of the data, root mean square over coordinates; 0: unknown.")
      .def_property_readonly("exact", &ScoreModel::exact, "True of closed forms.")
      .def(
          "log_density",
          [](const ScoreModel& model, const py::object& x, const py::object& sigma) {
            const auto& density = known(model, model.abilities().density, "its density is");
            const at::Tensor points = rows(model, x), noise = levels(sigma, points.size(0));
            const Unlocked unlocked;
            return density.log_density(points, noise);
          },
          "x"_a, "sigma"_a, "ln p_sigma(x), [B]. Throws ModelError where it is not known.")
      .def(
          "draw",
          [](const ScoreModel& model, const py::object& count, const py::object& sigma, const py::object& seed) {
            const auto& draws = known(model, model.abilities().draws, "independent samples are");
            const auto rows = whole(count, "count", 0, most_drawn / model.dimension());
            const double noise = number(sigma, "sigma");
            check_width("sigma", noise);
            const auto key = static_cast<std::uint64_t>(whole(seed, "seed", 0));
            const Unlocked unlocked;
            return draws.draw(rows, noise, key);
          },
          "count"_a, "sigma"_a = 0., "seed"_a = 0,
          "Independent exact samples of p_sigma, [count, *shape]; row i depends on (seed, i) alone. Throws ModelError "
          "where\n"
          "the model knows none.")
      .def("__repr__", [](const ScoreModel& model) { return "<shockstep.Model: " + model.describe() + ">"; });

  Class<GaussianMixture>(m, "GaussianMixture", py::dynamic_attr(), R"(p(x0) = sum_k w_k N(mean_k, C_k).

means: [K, d]. std: one number or [K]; or covariances: [K, d, d]. weights: [K], equal if left out.
Throws ConfigError for shapes that do not fit, negative widths or weights.)")
      .def(py::init(&mixture), "means"_a, "std"_a = py::none(), "covariances"_a = py::none(), "weights"_a = py::none())
      .def("score", at_rows(&GaussianMixture::score), "x"_a, "sigma"_a, "grad ln p_sigma(x), [B, d].")
      .def("responsibilities", at_rows(&GaussianMixture::responsibilities), "x"_a, "sigma"_a,
           "Posterior weights of the components, [B, K].")
      .def("jacobian", at_rows(&GaussianMixture::jacobian), "x"_a, "sigma"_a, "dD/dx = Cov[x0 | x]/sigma^2, [B, d, d].")
      .def("growth_rate", at_rows(&GaussianMixture::growth_rate), "x"_a, "sigma"_a,
           "J - 1, J the largest eigenvalue of dD/dx: how fast errors grow per unit of -ln sigma, [B].")
      .def("top_rate", at_rows(&GaussianMixture::growth_rate), "x"_a, "sigma"_a,
           "growth_rate(), as it was called before 0.2.");

  Class<PointCloud>(m, "PointCloud", py::dynamic_attr(),
                    R"(The exact score of a data set: p(x0) = 1/n sum_k N(point_k, std^2 I).

points: [n, *shape]. Throws ConfigError for no points, numbers that are not finite, a negative width.)")
      .def(py::init([](const py::object& points, const py::object& std) {
             return std::make_shared<PointCloud>(PointCloudOptions{tensor(points, "points"), number(std, "std")});
           }),
           "points"_a, "std"_a = 0.);

  Class<DoubleWell>(m, "DoubleWell", py::dynamic_attr(), "p(x0) proportional to exp(-beta (x0^2 - a^2)^2), on a line.")
      .def(py::init([](const py::object& a, const py::object& beta) {
             return std::make_shared<DoubleWell>(DoubleWellOptions{number(a, "a"), number(beta, "beta")});
           }),
           "a"_a = 1., "beta"_a = 4.);

  Class<Multiplicative>(m, "Multiplicative", py::dynamic_attr(), R"(s(x, sigma) = f(x)/sigma^power (arXiv 2601.12965).

f is sigma_0^power times the score of the model `field` at sigma_0 = `sigma`.)")
      .def(py::init([](const py::object& field, const py::object& sigma, const py::object& power) {
             if (!py::isinstance<ScoreModel>(field))
               throw ConfigError("field", "must be an exact model, got " + shown(field));
             return std::make_shared<Multiplicative>(
                 field.cast<std::shared_ptr<ScoreModel>>(),
                 MultiplicativeOptions{number(sigma, "sigma"), number(power, "power")});
           }),
           "field"_a, "sigma"_a = 1., "power"_a = 1.);
}

}  // namespace shockstep::python
