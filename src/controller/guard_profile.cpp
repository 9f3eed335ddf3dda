#include <shockstep/error.hpp>
#include <shockstep/guard.hpp>
#include <shockstep/stepper.hpp>

#include "controller/json_file.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {

double LamTable::operator()(double lam) const {
  if (values.size() < 2) return values.empty() ? 0 : values[0];
  const double last = static_cast<double>(values.size() - 1);
  const double at = std::clamp((lam - begin) / (end - begin) * last, 0., last);
  const auto i = std::min(static_cast<std::size_t>(at), values.size() - 2);
  const double f = at - static_cast<double>(i);
  return (1 - f) * values[i] + f * values[i + 1];
}

namespace {

/// Below this the difference of corrector and predictor is rounding, and a smaller tolerance would never be met.
double rounding_of_a_step(double sigma, double data_std) { return 4e-16 * (data_std + sigma); }

}  // namespace

double weighted_tolerance(double tol, double sigma, double data_std) {
  return std::max(rounding_of_a_step(sigma, data_std), tol * (1 + sigma / data_std));
}

double GuardProfile::allowed(double tol, double lam, double sigma) const {
  if (log_gain.empty()) return weighted_tolerance(tol, sigma, data_std);
  return std::max(rounding_of_a_step(sigma, data_std), tol * std::exp(-log_gain(lam)));
}

namespace {

using Json = nlohmann::ordered_json;

Json table(const LamTable& t) { return {{"begin", t.begin}, {"end", t.end}, {"values", t.values}}; }

LamTable table(const Json& j) {
  LamTable t{j.at("begin").get<double>(), j.at("end").get<double>(), j.at("values").get<std::vector<double>>()};
  const bool finite = std::all_of(t.values.begin(), t.values.end(), [](double v) { return std::isfinite(v); });
  if (t.values.size() == 1 || !finite || (!t.values.empty() && !(t.end > t.begin)))
    throw std::invalid_argument("a table needs two finite values or more and begin < end");
  return t;
}

}  // namespace

std::string to_json(const GuardProfile& p) {
  Json j{{"shockstep_guard_profile", 2},
         {"source", p.source},
         {"tolerance", p.tolerance},
         {"step_tolerance", p.step_tolerance},
         {"conditioning", p.conditioning},
         {"method", name(p.method)},
         {"max_evaluations", p.max_evaluations},
         {"order", p.order},
         {"warp", p.warp},
         {"scale", p.scale},
         {"data_std", p.data_std},
         {"quantile", p.quantile},
         {"first_step", p.first_step},
         {"paced", p.paced},
         {"steady", p.steady},
         {"redo", p.redo},
         {"explained", p.explained},
         {"predictor_power", p.predictor_power},
         {"least_estimate", p.least_estimate},
         {"evaluations", p.evaluations}};
  // JSON has neither infinity nor NaN: no threshold and no calibration are null.
  j["threshold"] = std::isfinite(p.threshold) ? Json(p.threshold) : Json();
  j["calibration"] = std::isfinite(p.calibration) ? Json(p.calibration) : Json();
  j["high_error"] = std::isfinite(p.high_error) ? Json(p.high_error) : Json();
  j["log_gain"] = table(p.log_gain);
  j["cap"] = table(p.cap);
  j["largest_J"] = table(p.largest_J);
  return j.dump(1);
}

namespace {

GuardProfile profile_from(const Json& j, const std::string& path) {
  if (j.at("shockstep_guard_profile") != 2)
    throw FileError(path, "is a guard profile of another version; make it anew");
  GuardProfile p;
  p.source = path;
  p.tolerance = j.at("tolerance");
  p.step_tolerance = j.at("step_tolerance");
  p.conditioning = j.value("conditioning", "");
  const std::string named = j.at("method");
  const auto method = named == name(Method::own) ? std::optional(Method::own) : method_named(named);
  if (!method) throw std::invalid_argument("unknown method");
  p.method = *method;
  p.max_evaluations = whole<int>(j, "max_evaluations");
  p.order = whole<int>(j, "order");
  p.warp = j.at("warp");
  p.scale = j.value("scale", 0.);
  p.data_std = j.at("data_std");
  p.quantile = j.at("quantile");
  p.first_step = j.at("first_step");
  p.paced = j.value("paced", false);
  p.steady = j.value("steady", false);
  p.redo = j.at("redo");
  p.explained = j.at("explained");
  p.predictor_power = j.value("predictor_power", 1.);
  p.least_estimate = j.value("least_estimate", 0.);
  p.evaluations = whole<std::int64_t>(j, "evaluations");
  if (!j.at("threshold").is_null()) p.threshold = j.at("threshold");
  if (!j.at("calibration").is_null()) p.calibration = j.at("calibration");
  if (!j.at("high_error").is_null()) p.high_error = j.at("high_error");
  p.log_gain = table(j.at("log_gain"));
  p.cap = table(j.at("cap"));
  p.largest_J = table(j.at("largest_J"));
  if ((p.paced || p.steady) && p.cap.empty()) throw std::invalid_argument("paced and steady need a cap");
  if (std::any_of(p.cap.values.begin(), p.cap.values.end(), [](double length) { return length <= 0; }))
    throw std::invalid_argument("the lengths of the cap must be positive");
  if (!(p.tolerance >= 0) || !(p.step_tolerance > 0) || !(p.data_std > 0) || !(p.first_step > 0))
    throw std::invalid_argument("step_tolerance, data_std and first_step must be positive");
  if (p.order < 0 || p.order > max_multistep_order || !(p.warp >= 0) || !(p.scale >= 0))
    throw std::invalid_argument("order must be 0 to " + std::to_string(max_multistep_order) +
                                ", warp and scale not negative");
  return p;
}

}  // namespace

GuardProfile guard_profile_from_json(const std::string& text, const std::string& path) {
  return parsed(text, path, "guard profile", [&](const Json& file) {
    return profile_from(file.contains("guard") ? file["guard"] : file, path);  // a run's summary.json holds it there
  });
}

ShippedProfiles shipped_profiles_from_json(const std::string& text, const std::string& path) {
  return parsed(text, path, "list of guard profiles", [&](const Json& file) {
    ShippedProfiles shipped{.model_crc32 = whole<std::uint32_t>(file, "model_crc32"), .profiles = {}};
    for (const Json& profile : file.at("profiles")) shipped.profiles.push_back(profile_from(profile, path));
    return shipped;
  });
}

}  // namespace shockstep
