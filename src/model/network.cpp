#include "model/network.hpp"

#include "core/input_file.hpp"
#include "core/magnitude.hpp"
#include "core/shape_text.hpp"
#include "core/text.hpp"
#include "model/condition_rows.hpp"
#include "model/guidance.hpp"
#include "model/on_device.hpp"
#include "model/parametrisation.hpp"

#include <shockstep/error.hpp>
#include <shockstep/random.hpp>

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <sstream>

namespace shockstep {
namespace {

constexpr std::int64_t most_numbers = 1 << 28;  // of a sample: 2 GiB

// What forward threw, in one line. Not as a ModelError, which would end the run: only the rows to blame fail.
struct Failure : Error {
  std::string sentence;
  bool of_labels;  // and says what helps
  Failure(const std::string& where, std::string text, bool of_labels_ = false)
      : Error(where + ": " + text), sentence(std::move(text)), of_labels(of_labels_) {}
};

// Where a label is at fault, what to write; else empty. Networks know their labels by the size of a table, or complain in words.
std::string about_labels(const std::exception& error, const at::Tensor& label) {
  const std::string text = error.what();
  const auto says = [&](const char* words) { return text.find(words) != text.npos; };
  if (!label.defined()) {
    const bool asks = says("class_labels should be provided") || says("missing 1 required positional argument");
    return asks ? "needs a label, and has none; set model.label (" + sentence_of(error) + ")" : "";
  }
  if (!says("index out of range") && !says("out of bounds")) return "";
  const auto least = std::to_string(label.min().item<std::int64_t>()),
             most = std::to_string(label.max().item<std::int64_t>());
  return (least == most ? "knows no label " + most : "does not know all labels from " + least + " to " + most) +
         "; check model.label, and null_label of model.guidance (" + sentence_of(error) + ")";
}

class Network final : public ScoreModel, public OnDevice {
 public:
  Network(NetworkSource source, const NetworkOptions& options, const Process& process)
      : source_(std::move(source)),
        where_(source_.path.empty() ? "the network" : printable(source_.path, 1000)),
        options_(options),
        parametrisation_(options, process),
        type_(scalar_type(options.dtype)),
        time_type_(type_ == at::kDouble ? at::kDouble : at::kFloat),
        device_(network_device(options.device, where_)),
        conditions_(options, device_, type_) {
    if (!source_.forward) return;  // not at hand
    const double usual = std::clamp(1., process.sigma_min(), process.sigma_max());
    if (time_type_ == type_ || !fits(usual)) {
      time_type_ = type_;  // perhaps a network that does not cast its times
      probe(usual);
    }
  }

  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override {
    if (conditions() > 0)
      fail(std::string("has a ") + (options_.labels.size() > 1 ? "label" : "condition") +
           " per trajectory: the rows of a call must say whose they are");
    return denoise_rows(x, sigma, at::zeros({x.size(0)}, at::kLong));
  }

  at::Tensor denoise_rows(const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& trajectory) const override {
    const std::int64_t B = x.size(0);
    std::vector<std::int64_t> columns(static_cast<std::size_t>(x.dim()) + 1, 1);
    columns[0] = 3, columns[1] = B;
    const at::Tensor factors = at::empty({3, B}, at::kDouble), time = at::empty({B}, at::kDouble);
    double *in = factors.mutable_data_ptr<double>(), *skip = in + B, *out = skip + B;
    const at::Tensor levels = sigma.contiguous();
    const auto* at_sigma = levels.const_data_ptr<double>();
    for (std::int64_t i = 0; i < B; ++i) {
      const Preconditioning p = parametrisation_.at(at_sigma[i]);
      time.mutable_data_ptr<double>()[i] = p.time;
      in[i] = p.in, skip[i] = p.skip, out[i] = p.out;
    }
    const at::Tensor there = factors.to(x.options()).view(columns);  // in one transfer
    const auto denoised = [&](const at::Tensor& F) {
      return options_.predicts == Predicts::denoised ? F : there.select(0, 1) * x + there.select(0, 2) * F;
    };
    at::Tensor D = answer(x * there.select(0, 0), time, levels, trajectory, denoised);
    if (options_.threshold) D = thresholded(D);
    return D.contiguous();
  }

  c10::Device device() const override { return device_; }

  const NetworkSource& source() const { return source_; }
  const NetworkOptions& options() const { return options_; }

  ModelPtr in_float32(const Process& process) const {
    if (!source_.load) return nullptr;
    NetworkOptions options = options_;
    options.dtype = NetworkType::float32;
    const std::lock_guard lock(mutex_);
    if (float32_) return redescribed(*float32_, options, process);
    ModelPtr loaded = source_.load(options, process);
    if (keepers_ > 0) float32_ = loaded;
    return loaded;
  }
  void keep_float32(int change) const {
    const std::lock_guard lock(mutex_);
    keepers_ += change;
    if (keepers_ == 0) float32_.reset();
  }

  bool rounds_times() const { return at::isReducedFloatingType(time_type_); }

  std::int64_t conditions() const override { return conditions_.count(); }
  const std::vector<std::int64_t>& shape() const override { return options_.shape; }
  double data_std() const override { return options_.data_std; }
  std::string file() const override { return source_.path; }
  // Which labels does not matter: a profile measured on some serves the others too.
  std::string conditioning() const override {
    std::string text = options_.labels.empty() ? "" : "labelled";
    const auto add = [&](const std::string& words) { text += (text.empty() || words.empty() ? "" : ", ") + words; };
    for (const Condition& condition : options_.conditions) add("told " + printable(condition.name, 100));
    add(guidance_text(options_));
    if (options_.threshold)
      add("clipped at " + shortest(options_.threshold->clip) + " beyond quantile " +
          shortest(options_.threshold->quantile));
    return text;
  }
  std::string describe() const override {
    return source_.kind + ": " + (source_.path.empty() ? "" : printable(source_.path, 1000) + ", ") +
           "samples of shape " + shape_text(options_.shape) + ", " + name(options_.dtype) + " on " + options_.device;
  }

 private:
  using Told = std::vector<at::Tensor>;
  using DenoisedOf = std::function<at::Tensor(const at::Tensor& F)>;

  // D [B, *shape], guided where that is asked for, of the type of x and where x is. `denoised`: D of F.
  at::Tensor answer(const at::Tensor& x, const at::Tensor& time, const at::Tensor& sigma, const at::Tensor& trajectory,
                    const DenoisedOf& denoised) const {
    const Told told = conditions_.of(trajectory);
    if (!guides(options_)) return denoised(call(x, time, told));
    const Guidance& guidance = *options_.guidance;
    const Told null = conditions_.null_of(trajectory, told);
    const at::Tensor acts = guided_rows(guidance, sigma);
    if (!in_one_call(guidance)) {
      const at::Tensor with = call(x, time, told);
      if (!acts.any().item<bool>()) return denoised(with);
      return guided(guidance, with, call(x, time, null), sigma, acts, denoised);
    }
    Told both;
    for (std::size_t k = 0; k < told.size(); ++k) both.push_back(at::cat({told[k], null[k]}));
    const at::Tensor F = call(at::cat({x, x}), at::cat({time, time}), both);
    const at::Tensor with = F.narrow(0, 0, x.size(0)), without = F.narrow(0, x.size(0), x.size(0));
    return guided(guidance, with, without, sigma, acts, denoised);
  }

  at::Tensor thresholded(const at::Tensor& D) const {
    const auto [clip, quantile] = *options_.threshold;
    if (quantile == 0) return D.clamp(-clip, clip);
    std::vector<std::int64_t> column(static_cast<std::size_t>(D.dim()), 1);
    column[0] = D.size(0);
    const at::Tensor sizes = D.abs().flatten(1), bound = at::empty({D.size(0)}, D.options());
    constexpr std::int64_t most = 1 << 24;  // numbers that quantile takes at a time
    const std::int64_t rows = std::max<std::int64_t>(1, most / sizes.size(1));
    for (std::int64_t i = 0; i < D.size(0); i += rows) {
      const std::int64_t n = std::min(rows, D.size(0) - i);
      bound.narrow(0, i, n).copy_(sizes.narrow(0, i, n).quantile(quantile, 1));
    }
    return (D * (clip / bound.clamp_min(clip)).view(column)).clamp(-clip, clip);
  }

  // F [B, *shape], of the type of x and where x is.
  at::Tensor call(const at::Tensor& x, const at::Tensor& time, const Told& told) const {
    if (!source_.forward) fail("is described here, and cannot be called");
    // No InferenceMode: a network may turn gradients on for itself, to return the gradient of an energy.
    const c10::AutoGradMode no_grad(false);
    // Copies, even where nothing is to convert: the network may work in place.
    const auto input = [&](const at::Tensor& t, at::ScalarType type) {
      return t.to(device_, type, /*non_blocking=*/false, /*copy=*/true);
    };
    Told rows;
    for (const at::Tensor& t : told) rows.push_back(input(t, t.is_floating_point() ? type_ : t.scalar_type()));
    at::Tensor F;
    try {
      F = source_.forward(input(x, type_), input(time, time_type_), rows);
    } catch (const Cancelled&) {
      throw;
    } catch (const std::exception& e) {
      if (std::string text = about_labels(e, options_.labels.empty() ? at::Tensor() : told.front()); !text.empty())
        throw Failure(where_, std::move(text), true);
      if (dynamic_cast<const ModelError*>(&e)) throw;
      throw Failure(where_, sentence_of(e));
    }
    if (!F.defined()) fail("returns nothing, expected a tensor");
    if (F.layout() != at::kStrided || F.is_nested() || F.is_quantized() || F.is_meta())
      fail("returns a tensor that is sparse, nested, quantized or without numbers; expected a dense one");
    if (!F.is_floating_point())
      fail(std::string("returns ") + c10::toString(F.scalar_type()) + " numbers, expected floating point");
    if (F.sizes() != x.sizes()) wrong_shape(F, x);
    return F.detach().to(x.options()).contiguous();
  }

  // Three rows, which no program traced with a batch of fixed size takes. Any network has seen the like of noise at
  // sigma = 1.
  void probe(double sigma) const {
    constexpr std::int64_t rows = 3;
    std::vector<std::int64_t> shape{rows};
    shape.insert(shape.end(), options_.shape.begin(), options_.shape.end());
    const at::Tensor x = at::empty(shape, at::kDouble);
    fill_normal({x.mutable_data_ptr<double>(), static_cast<std::size_t>(x.numel())}, 0, Stream::start, 0);
    at::Tensor D;
    try {
      D = denoise_rows(sigma * x, at::full({rows}, sigma, at::kDouble), conditions_.probed());
    } catch (const Failure& e) {
      if (e.of_labels) fail(e.sentence);
      fail("forward fails for x of shape " + shape_text(shape) + ", " + name(options_.dtype) +
           ", and a time of shape [3], " + (time_type_ == type_ ? name(options_.dtype) : "float32") +
           (options_.labels.empty() ? "" : ", with labels of shape [3]") + conditions_text() +
           " (check model.shape, model.label and run.dtype): " + e.sentence);
    }
    if (!D.isfinite().all().item<bool>())
      fail("returns NaN or infinity for noise of standard deviation " + shortest(sigma) +
           " at sigma = " + shortest(sigma));
  }

  std::string conditions_text() const {
    std::string text;
    for (const Condition& condition : options_.conditions) {
      auto shape = condition.rows.sizes().vec();
      shape[0] = 3;
      text += ", " + printable(condition.name, 100) + " of shape " + shape_text(shape);
    }
    return text;
  }

  bool fits(double sigma) const {
    try {
      probe(sigma);
      return true;
    } catch (const ModelError&) {
      return false;
    }
  }

  [[noreturn]] void wrong_shape(const at::Tensor& F, const at::Tensor& x) const {
    const bool same_sample = F.dim() == x.dim() && F.sizes().slice(1) == x.sizes().slice(1);
    fail("returns shape " + shape_text(F.sizes()) + ", expected " + shape_text(x.sizes()) +
         (same_sample ? ": a network must take any batch and keep it" : ": set model.shape"));
  }
  [[noreturn]] void fail(const std::string& sentence) const { throw ModelError(where_ + ": " + sentence); }

  NetworkSource source_;
  std::string where_;
  NetworkOptions options_;
  Parametrisation parametrisation_;
  at::ScalarType type_;
  at::ScalarType time_type_;  // float32 for half precision, which has no 999, unless the network refuses it
  c10::Device device_;
  ConditionRows conditions_;
  mutable std::mutex mutex_;  // of what follows
  mutable int keepers_ = 0;
  mutable ModelPtr float32_;  // while there are keepers
};

}  // namespace

at::ScalarType scalar_type(NetworkType type) {
  switch (type) {
    case NetworkType::float64: return at::kDouble;
    case NetworkType::float16: return at::kHalf;
    case NetworkType::bfloat16: return at::kBFloat16;
    case NetworkType::float32: break;
  }
  return at::kFloat;
}

const char* name(NetworkType type) {
  switch (type) {
    case NetworkType::float64: return "float64";
    case NetworkType::float16: return "float16";
    case NetworkType::bfloat16: return "bfloat16";
    case NetworkType::float32: break;
  }
  return "float32";
}

// Torch explains itself in many lines, traceback first. The one that matters is `SomeError: ...`, else the first.
std::string sentence_of(const std::exception& error) {
  const auto* c10_error = dynamic_cast<const c10::Error*>(&error);
  std::istringstream lines(c10_error ? c10_error->what_without_backtrace() : error.what());
  std::string first, line;
  while (std::getline(lines, line)) {
    line.erase(0, line.find_first_not_of(" \t"));
    if (line.empty()) continue;
    if (first.empty()) first = line;
    const auto word = line.substr(0, line.find(':'));
    if (word.size() < line.size() && (word.ends_with("Error") || word.ends_with("Exception")) &&
        word.find(' ') == word.npos)
      return printable(line.substr(std::min(line.size(), word.size() + 2)), 300);
  }
  return printable(first, 300);
}

void check_network_options(const NetworkOptions& options, const Process& process) {
  if (options.shape.empty()) throw ConfigError("model.shape", "must not be empty");
  std::int64_t numbers = 1;
  for (auto n : options.shape) {
    if (n < 1) throw ConfigError("model.shape", "must be positive, got " + shape_text(options.shape));
    if (n > most_numbers / numbers)
      throw ConfigError("model.shape", "must have at most " + std::to_string(most_numbers) + " numbers, got " +
                                           shape_text(options.shape));
    numbers *= n;
  }
  check_width("model.data_std", options.data_std);
  check_guidance(options);
  check_conditions_of(options);
  if (options.threshold) {
    const auto [clip, quantile] = *options.threshold;
    if (!(clip > 0) || !std::isfinite(clip))
      throw ConfigError("model.threshold.clip", "must be positive, got " + shortest(clip));
    if (!(quantile >= 0 && quantile <= 1))
      throw ConfigError("model.threshold.quantile", "must be from 0 to 1, got " + shortest(quantile));
  }
  Parametrisation(options, process);
}

char check_network_file(const std::string& path, const std::string& what) {
  if (std::filesystem::is_directory(path)) throw FileError(printable(path, 1000), "is a folder, expected " + what);
  const int start = std::fgetc(open_to_read(path).get());
  if (start == EOF) throw FileError(printable(path, 1000), "is empty");
  return static_cast<char>(start);
}

c10::Device network_device(const std::string& device_name, const std::string& source) {
  c10::Device device = at::kCPU;
  try {
    device = c10::Device(device_name);
  } catch (const std::exception&) {
    throw ConfigError("run.device", "must be cpu, cuda or cuda:K, got " + printable(device_name));
  }
  if (device.is_cuda() && (!at::hasCUDA() || std::max<int>(device.index(), 0) >= static_cast<int>(at::getNumGPUs())))
    throw ModelError(
        source + ": run.device is " + device_name + ", but this Torch sees " +
        (at::hasCUDA() ? std::to_string(at::getNumGPUs()) + " CUDA device(s)" : std::string("no CUDA device")) +
        "; use cpu, or a Torch built for CUDA");
  return device;
}

ModelPtr make_network(NetworkSource source, const NetworkOptions& options, const Process& process) {
  return std::make_shared<Network>(std::move(source), options, process);
}

bool rounds_times(const ScoreModel& model) {
  const auto* network = dynamic_cast<const Network*>(&model);
  return network && network->rounds_times();
}

const NetworkOptions* network_options(const ScoreModel& model) {
  const auto* network = dynamic_cast<const Network*>(&model);
  return network ? &network->options() : nullptr;
}

ModelPtr loaded_in_float32(const ScoreModel& model, const Process& process) {
  return dynamic_cast<const Network&>(model).in_float32(process);
}

Float32Kept::Float32Kept(const ScoreModel& model) : model_(model) {
  if (const auto* network = dynamic_cast<const Network*>(&model_)) network->keep_float32(1);
}

Float32Kept::~Float32Kept() {
  if (const auto* network = dynamic_cast<const Network*>(&model_)) network->keep_float32(-1);
}

const NetworkSource& network_source(const ScoreModel& model) { return dynamic_cast<const Network&>(model).source(); }

ModelPtr redescribed(const ScoreModel& model, const NetworkOptions& options, const Process& process) {
  check_network_options(options, process);
  return make_network(network_source(model), options, process);
}

ModelPtr described_network(const NetworkOptions& options, const Process& process) {
  check_network_options(options, process);
  return make_network({.forward = nullptr, .kind = "network", .path = {}}, options, process);
}

ModelPtr wrap_network(NetworkFunction network, const NetworkOptions& options, const Process& process) {
  if (!network) throw ConfigError("network", "must be callable");
  if (!options.conditions.empty())
    throw ConfigError("model.condition", "is for wrap_conditioned_network: a NetworkFunction takes a label alone");
  return wrap_conditioned_network(
      [call = std::move(network)](const at::Tensor& x, const at::Tensor& time, const std::vector<at::Tensor>& told) {
        return call(x, time, told.empty() ? at::Tensor() : told.front());
      },
      options, process);
}

ModelPtr wrap_conditioned_network(ConditionedNetwork network, const NetworkOptions& options, const Process& process) {
  if (!network) throw ConfigError("network", "must be callable");
  check_network_options(options, process);
  return make_network({.forward = std::move(network), .kind = "network", .path = {}}, options, process);
}

}  // namespace shockstep
