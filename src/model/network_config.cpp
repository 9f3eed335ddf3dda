#include "model/network_config.hpp"

#include "core/section_npy.hpp"
#include "core/text.hpp"
#include "model/network.hpp"
#include "model/npy_tensor.hpp"
#include "model/section_tensor.hpp"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace shockstep {
namespace {

template <class Value>
using Names = std::vector<std::pair<const char*, Value>>;

const Names<Predicts> predictions = {{"denoised", Predicts::denoised},     {"noise", Predicts::noise},
                                     {"velocity", Predicts::velocity},     {"flow", Predicts::flow},
                                     {"score", Predicts::score},           {"edm", Predicts::edm},
                                     {"sample", Predicts::denoised},       {"epsilon", Predicts::noise},
                                     {"v_prediction", Predicts::velocity}, {"flow_prediction", Predicts::flow}};
const Names<TimeInput> times = {{"sigma", TimeInput::sigma}, {"log_sigma", TimeInput::log_sigma},
                                {"edm", TimeInput::edm},     {"t", TimeInput::t},
                                {"index", TimeInput::index}, {"index/N", TimeInput::index_over_N}};
const Names<ScaleInput> scalings = {{"none", ScaleInput::none}, {"process", ScaleInput::process}};
const Names<NetworkType> types = {{"float32", NetworkType::float32},
                                  {"float64", NetworkType::float64},
                                  {"float16", NetworkType::float16},
                                  {"bfloat16", NetworkType::bfloat16}};

template <class Value>
Value chosen(Section& section, const std::string& key, const Names<Value>& values, const char* fallback) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.emplace_back(name);
  const auto choice = section.choice(key, names, fallback);
  for (const auto& [name, value] : values)
    if (choice == name) return value;
  return values.front().second;  // choice() has thrown
}

template <class Value>
const char* name_of(Value wanted, const Names<Value>& values) {
  return std::ranges::find(values, wanted, &std::pair<const char*, Value>::second)->first;
}

// One label, a list, or a .npy file of whole numbers.
std::vector<std::int64_t> read_labels(Section& section) {
  if (!section.is_text("label")) {
    const auto labels = section.integers("label");
    if (labels.empty()) section.fail("label", "must be a whole number, or a list of one per trajectory");
    return labels;
  }
  const auto path = section.path("label");
  const auto bad = [&](const std::string& sentence) { section.fail("label", printable(path, 1000) + sentence); };
  const auto file = section_npy(section, "label", [&](const auto& shape) {
    if (shape.size() != 1 || shape[0] == 0) bad(" must hold a list of whole numbers, one per trajectory");
  });
  std::vector<std::int64_t> labels;
  for (double value : file.values) {
    if (value != std::floor(value) || std::abs(value) > 1e15) bad(" must hold whole numbers, has " + shortest(value));
    labels.push_back(static_cast<std::int64_t>(value));
  }
  return labels;
}

/// Numbers of a condition: whole numbers stay whole, as a network may look them up.
at::Tensor read_condition(Section& section, const std::string& key, const std::string& dtype) {
  const auto real = dtype == "float64" ? at::kDouble : at::kFloat;
  if (!section.is_text(key)) return section_tensor(section, key).to(real);
  const NpyArray file = section_npy(section, key);
  return npy_tensor(file).to(file.kind == 'b' ? at::kBool : file.kind != 'f' ? at::kLong : real);
}

/// A map of names to numbers or .npy files, and what is given besides.
std::vector<Condition> read_conditions(Section& parent, const std::string& key, const std::string& dtype,
                                       const std::vector<Condition>& given) {
  std::vector<Condition> out = given;
  if (!parent.has(key)) return out;
  Section section = parent.section(key);
  for (const std::string& name : section.keys()) {
    if (std::ranges::find(given, name, &Condition::name) != given.end())
      section.ignore(name);
    else
      out.push_back({name, read_condition(section, name, dtype)});
  }
  section.finish();
  return out;
}

Guidance read_guidance(Section& parent, const NetworkOptions& options, const ModelContext& context,
                       const GivenConditions& given) {
  Section section = parent.section("guidance");
  for (const char* key : {"null_condition", "null_label", "interval", "calls"}) section.ignore(key);
  Guidance out;
  if (given.guidance)
    out.own = given.guidance;
  else
    out.scale = section.number("scale");
  if (!options.labels.empty() || options.conditions.empty())
    out.null_label = section.integer("null_label");
  else if (section.has("null_label"))
    section.fail("null_label", "is what a label becomes, and there is no label; null_condition is for conditions");
  out.null_conditions = read_conditions(section, "null_condition", context.dtype, given.null);
  if (section.has("calls")) {
    const std::int64_t calls = section.integer("calls");
    if (calls != 1 && calls != 2) section.fail("calls", "must be 1 or 2, got " + std::to_string(calls));
    out.calls = static_cast<int>(calls);
  }
  out.rescale = section.number("rescale", 0);
  if (section.has("interval")) {
    const auto [shape, values] = section.array("interval");
    if (values.size() != 2) section.fail("interval", "must be [low, high], two numbers");
    out.sigma_low = values[0], out.sigma_high = values[1];
  }
  section.finish();
  return out;
}

}  // namespace

const char* name(Predicts predicts) { return name_of(predicts, predictions); }
const char* name(TimeInput time) { return name_of(time, times); }

NetworkOptions network_options_from(Section& section, const ModelContext& context) {
  NetworkOptions options{.shape = section.integers("shape"), .device = context.device};
  for (auto n : options.shape)
    if (n < 1) section.fail("shape", "must be positive, got " + std::to_string(n));
  options.predicts = chosen(section, "predicts", predictions, "denoised");
  options.time = chosen(section, "time", times, options.predicts == Predicts::edm ? "edm" : "sigma");
  section.ignore("time_scale");
  if (section.has("time_scale")) {
    options.time_scale = section.positive("time_scale");
    if (options.time != TimeInput::t) section.fail("time_scale", "is for time: t");
  }
  options.scale_input = chosen(section, "scale_input", scalings, "none");
  for (const char* key : {"label", "condition", "guidance", "threshold"}) section.ignore(key);
  if (section.has("label")) options.labels = read_labels(section);
  const GivenConditions none, &given = context.given ? *context.given : none;
  options.conditions = read_conditions(section, "condition", context.dtype, given.conditions);
  if (section.has("guidance") || given.guidance) options.guidance = read_guidance(section, options, context, given);
  if (!given.null.empty() && !options.guidance)
    throw ConfigError("null", "is for guidance, and there is none; give guidance too, for example guidance=3");
  if (section.has("threshold")) {
    Section threshold = section.section("threshold");
    options.threshold = Threshold{.clip = threshold.positive("clip", 1), .quantile = threshold.number("quantile", 0)};
    threshold.finish();
  }
  options.data_std = section.number("data_std", 0);
  if (options.data_std < 0) section.fail("data_std", "must not be negative, got " + shortest(options.data_std));
  for (const auto& [name, type] : types)
    if (context.dtype == name) {
      options.dtype = type;
      return options;
    }
  throw ConfigError(section.file(), "run.dtype",
                    "must be one of float32, float64, float16, bfloat16, got " + context.dtype);
}

ModelPtr network_from(Section& section, const ModelContext& context,
                      ModelPtr (*load)(const std::string&, const NetworkOptions&, const Process&)) {
  const auto path = section.path("path");
  const auto options = network_options_from(section, context);
  try {
    return load(path, options, context.process);
  } catch (const ConfigError& e) {
    throw ConfigError(section.file(), "", e.what());
  }
}

}  // namespace shockstep
