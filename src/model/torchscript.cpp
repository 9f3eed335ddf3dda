#include <shockstep/models/torchscript.hpp>

#include "core/shape_text.hpp"
#include "core/text.hpp"

#include <shockstep/error.hpp>
#include <shockstep/random.hpp>

#include <ATen/ATen.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace shockstep {
namespace {

at::ScalarType scalar_type(NetworkType type) {
  switch (type) {
    case NetworkType::float64: return at::kDouble;
    case NetworkType::float16: return at::kHalf;
    case NetworkType::bfloat16: return at::kBFloat16;
    case NetworkType::float32: break;
  }
  return at::kFloat;
}

std::string name(NetworkType type) {
  switch (type) {
    case NetworkType::float64: return "float64";
    case NetworkType::float16: return "float16";
    case NetworkType::bfloat16: return "bfloat16";
    case NetworkType::float32: break;
  }
  return "float32";
}

// Torch explains itself in many lines, traceback first. The one that matters is `SomeError: ...`, else the first.
std::string sentence_of(const std::exception& e) {
  const auto* c10_error = dynamic_cast<const c10::Error*>(&e);
  std::istringstream lines(c10_error ? c10_error->what_without_backtrace() : e.what());
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

class TorchScript final : public ScoreModel {
 public:
  TorchScript(std::string path, const TorchScriptOptions& options)
      : path_(std::move(path)), options_(options), type_(scalar_type(options.dtype)) {
    check_options();
    check_file();
    load();
    check_signature();
    probe();
  }

  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override {
    const auto out = call(x, sigma);
    if (!out.is_floating_point() || out.sizes() != x.sizes()) wrong_output(out, x);
    const auto F = out.detach().to(at::kCPU, at::kDouble).contiguous();
    if (options_.predicts == Predicts::denoised) return F;
    std::vector<std::int64_t> column(x.dim(), 1);
    column[0] = x.size(0);
    const auto s = sigma.reshape(column);
    return options_.predicts == Predicts::noise ? x - s * F : x + s * s * F;
  }

  const std::vector<std::int64_t>& shape() const override { return options_.shape; }
  double data_std() const override { return options_.data_std; }
  std::string file() const override { return path_; }
  std::string describe() const override {
    return "torchscript: " + printable(path_, 1000) + ", samples of shape " + shape_text(options_.shape) + ", " +
           name(options_.dtype) + " on " + options_.device;
  }

 private:
  void check_options() const {
    if (options_.shape.empty()) throw ConfigError("model.shape", "must not be empty");
    for (auto n : options_.shape)
      if (n < 1) throw ConfigError("model.shape", "must be positive, got " + shape_text(options_.shape));
    if (!(options_.data_std >= 0) || std::isinf(options_.data_std))
      throw ConfigError("model.data_std", "must not be negative");
  }

  void check_file() const {
    if (std::filesystem::is_directory(path_))
      throw FileError(printable(path_, 1000), "is a folder, expected a TorchScript file");
    std::ifstream file(path_, std::ios::binary);
    char start = 0;
    if (!file) throw FileError(printable(path_, 1000), std::string("cannot be read: ") + std::strerror(errno));
    if (!file.get(start)) throw FileError(printable(path_, 1000), "is empty");
    if (start == '\x80') holds_weights();  // a bare pickle, torch.save before 1.6
  }

  void load() {
    try {
      device_ = at::Device(options_.device);
    } catch (const std::exception&) {
      throw ConfigError("run.device", "must be cpu, cuda or cuda:K, got " + printable(options_.device));
    }
    if (device_.is_cuda() &&
        (!at::hasCUDA() || std::max<int>(device_.index(), 0) >= static_cast<int>(at::getNumGPUs())))
      fail("run.device is " + options_.device + ", but this Torch sees " +
           (at::hasCUDA() ? std::to_string(at::getNumGPUs()) + " CUDA device(s)" : std::string("no CUDA device")) +
           "; use cpu, or a Torch built for CUDA");
    try {
      module_ = torch::jit::load(path_, at::kCPU);
      module_.eval();
      move_weights();
    } catch (const std::exception& e) {
      const auto sentence = sentence_of(e);
      if (path_.ends_with(".pt2"))
        fail("is an archive of torch.export; export with torch.jit.script or torch.jit.trace");
      if (sentence.find("constants.pkl") != sentence.npos) holds_weights();
      fail("is no TorchScript program: " + sentence);
    }
  }

  // To the device; and from the network's own type, that of its first weight, to the one asked for. Module::to would turn
  // integer buffers and tables of another type as well.
  void move_weights() {
    std::optional<at::ScalarType> own;
    const auto move = [&](at::Tensor t) {
      if (t.is_floating_point() && !own) own = t.scalar_type();
      t.set_data(t.to(device_, own == t.scalar_type() ? type_ : t.scalar_type()));
      t.requires_grad_(false);
    };
    const c10::AutoGradMode no_grad(false);
    for (auto t : module_.parameters()) move(t);
    for (auto t : module_.buffers()) move(t);
  }

  void check_signature() const {
    const auto forward = module_.find_method("forward");
    if (!forward) fail("has no method forward; export the module itself with torch.jit.script or torch.jit.trace");
    std::size_t required = 0, all = 0;
    for (const auto& argument : forward->function().getSchema().arguments()) {
      ++all;
      if (!argument.default_value()) ++required;
    }
    if (--required > 2 || --all < 2) {  // less self
      const auto n = required > 2 ? required : all;
      fail("forward takes " + std::to_string(n) + " argument" + (n == 1 ? "" : "s") + ", expected 2 (x, sigma)");
    }
  }

  // Noise of standard deviation 1 at sigma = 1: any network has seen the like.
  void probe() const {
    std::vector<std::int64_t> shape{2};
    shape.insert(shape.end(), options_.shape.begin(), options_.shape.end());
    const auto x = at::empty(shape, at::kDouble);
    fill_normal({x.mutable_data_ptr<double>(), static_cast<std::size_t>(x.numel())}, 0, Stream::start, 0);
    at::Tensor D;
    try {
      D = denoise(x, at::ones({2}, at::kDouble));
    } catch (const Failure& e) {
      fail("forward fails for x of shape " + shape_text(shape) + " and sigma of shape [2], both " +
           name(options_.dtype) + " (check model.shape and run.dtype): " + e.sentence);
    }
    if (!D.isfinite().all().item<bool>())
      fail("returns NaN or infinity for noise of standard deviation 1 at sigma = 1");
  }

  // What forward threw, in one line. No ModelError: the rows to blame fail, and the run goes on.
  struct Failure : Error {
    std::string sentence;
    Failure(const std::string& path, std::string text) : Error(path + ": " + text), sentence(std::move(text)) {}
  };

  at::Tensor call(const at::Tensor& x, const at::Tensor& sigma) const {
    // No InferenceMode: a network may turn gradients on for itself, to return the gradient of an energy.
    const c10::AutoGradMode no_grad(false);
    // The profiling executor rewrites the network after its first calls, and with it the bits of its results.
    const torch::jit::GraphOptimizerEnabledGuard as_written(false);
    const auto time = options_.time == TimeInput::sigma       ? sigma
                      : options_.time == TimeInput::log_sigma ? sigma.log()
                                                              : sigma.log() / 4;
    // Copies, even where nothing is to convert: the network may work in place.
    const auto input = [&](const at::Tensor& t) { return t.to(device_, type_, /*non_blocking=*/false, /*copy=*/true); };
    torch::jit::IValue out;
    try {
      out = forward_({input(x), input(time)});
    } catch (const std::exception& e) {
      throw Failure(printable(path_, 1000), sentence_of(e));
    }
    if (!out.isTensor()) fail("forward returns " + out.tagKind() + ", expected one tensor");
    return out.toTensor();
  }

  torch::jit::IValue forward_(std::vector<torch::jit::IValue> inputs) const {
    auto module = module_;  // a handle: forward is not const
    return module.forward(std::move(inputs));
  }

  [[noreturn]] void wrong_output(const at::Tensor& out, const at::Tensor& x) const {
    if (!out.is_floating_point())
      fail(std::string("returns ") + c10::toString(out.scalar_type()) + " numbers, expected floating point");
    fail("returns shape " + shape_text(out.sizes()) + ", expected " + shape_text(x.sizes()) + ": set model.shape");
  }

  [[noreturn]] void holds_weights() const {
    fail("holds weights, not a program: export with torch.jit.script or torch.jit.trace");
  }
  [[noreturn]] void fail(const std::string& sentence) const {
    throw ModelError(printable(path_, 1000) + ": " + sentence);
  }

  std::string path_;
  TorchScriptOptions options_;
  at::ScalarType type_;
  at::Device device_ = at::kCPU;
  torch::jit::Module module_;
};

}  // namespace

ModelPtr load_torchscript(const std::string& path, const TorchScriptOptions& options) {
  return std::make_shared<TorchScript>(path, options);
}

}  // namespace shockstep
