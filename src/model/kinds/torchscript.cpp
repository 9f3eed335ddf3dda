#include <shockstep/models/torchscript.hpp>

#include "core/text.hpp"
#include "model/archive_check.hpp"
#include "model/network.hpp"
#include "model/network_config.hpp"

#include <shockstep/error.hpp>

#include <ATen/ATen.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <optional>
#include <set>
#include <string>

namespace shockstep {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& sentence) {
  throw ModelError(printable(path, 1000) + ": " + sentence);
}
[[noreturn]] void holds_weights(const std::string& path) {
  fail(path, "holds weights, not a program: export with torch.jit.script or torch.jit.trace, or tools/export.py");
}

// To the device; and from the network's own type, that of its first weight, to the one asked for. Module::to would turn
// integer buffers and tables of another type as well.
void move_weights(torch::jit::Module& module, at::Device device, at::ScalarType type) {
  std::optional<at::ScalarType> own;
  const auto move = [&](const at::Tensor& t) {
    if (t.is_floating_point() && !own) own = t.scalar_type();
    t.set_data(t.to(device, own == t.scalar_type() ? type : t.scalar_type()));
    t.requires_grad_(false);
  };
  const c10::AutoGradMode no_grad(false);
  for (auto t : module.parameters()) move(t);
  for (auto t : module.buffers()) move(t);
}

// Tracing writes the device it ran on into the program: as a constant where tensors are made, and in tensors that lie
// there.
class DeviceConstants {
 public:
  explicit DeviceConstants(at::Device device) : device_(device) {}

  void replace(const torch::jit::Module& module) {
    for (const auto& part : module.modules())
      for (const auto& method : part.get_methods()) replace(method.function());
  }

 private:
  void replace(torch::jit::Function& function) {
    if (seen_.insert(&function).second && function.isGraphFunction())
      replace(torch::jit::toGraphFunction(function).graph()->block());
  }
  void replace(torch::jit::Block* block) {
    for (auto* node : block->nodes()) {
      for (auto* inner : node->blocks()) replace(inner);
      if (node->kind() != c10::prim::Constant) continue;
      const auto& type = node->output()->type();
      if (type->kind() == c10::TypeKind::DeviceObjType)
        node->s_(c10::attr::value, device_.str());
      else if (node->hasAttribute(c10::attr::value) && node->kindOf(c10::attr::value) == torch::jit::AttributeKind::t)
        node->t_(c10::attr::value, node->t(c10::attr::value).to(device_));
      else if (const auto called = type->cast<c10::FunctionType>())
        replace(*called->function());
    }
  }

  at::Device device_;
  std::set<const torch::jit::Function*> seen_;
};

torch::jit::Module load(const std::string& path, at::Device device, at::ScalarType type) {
  try {
    auto module = torch::jit::load(path, at::kCPU);
    module.eval();
    move_weights(module, device, type);
    DeviceConstants(device).replace(module);
    return module;
  } catch (const std::exception& e) {
    const auto sentence = sentence_of(e);
    if (path.ends_with(".pt2"))
      fail(path, "is an archive of torch.export; set model.kind: aot_inductor if it is compiled");
    if (sentence.find("constants.pkl") != sentence.npos) holds_weights(path);
    fail(path, "is no TorchScript program: " + sentence);
  }
}

void check_signature(const torch::jit::Module& module, const std::string& path, bool labels) {
  const auto forward = module.find_method("forward");
  if (!forward) fail(path, "has no method forward; export the module itself with torch.jit.script or torch.jit.trace");
  std::size_t required = 0, all = 0;
  for (const auto& argument : forward->function().getSchema().arguments()) {
    ++all;
    if (!argument.default_value()) ++required;
  }
  --required, --all;  // less self
  const std::size_t given = labels ? 3 : 2;
  if (required <= given && all >= given) return;
  const auto n = required > given ? required : all;
  const std::string takes = "forward takes " + std::to_string(n) + " argument" + (n == 1 ? "" : "s");
  if (n == 3 && !labels) fail(path, takes + ", expected 2 (x, sigma); for a third, the label, set model.label");
  if (n == 2 && labels) fail(path, takes + ", expected 3 (x, sigma, label); without model.label it would fit");
  fail(path, takes + ", expected " + (labels ? "3 (x, sigma, label)" : "2 (x, sigma)"));
}

// Undefined where there is none.
at::Tensor first_tensor(const torch::jit::IValue& value) {
  if (value.isTensor()) return value.toTensor();
  const auto among = [](const auto& values) {
    for (const torch::jit::IValue& v : values)
      if (auto t = first_tensor(v); t.defined()) return t;
    return at::Tensor();
  };
  if (value.isTuple()) return among(value.toTupleRef().elements());
  if (value.isList()) return among(value.toListRef());
  if (value.isGenericDict())
    for (const auto& entry : value.toGenericDict())
      if (auto t = first_tensor(entry.value()); t.defined()) return t;
  return {};
}

}  // namespace

ModelPtr load_torchscript(const std::string& path, const NetworkOptions& options, const Process& process) {
  check_network_options(options, process);
  if (check_network_file(path, "a TorchScript file") == '\x80')
    holds_weights(path);  // a bare pickle, torch.save before 1.6
  const auto device = network_device(options.device, printable(path, 1000));
  const auto module = load(path, device, scalar_type(options.dtype));
  if (const auto part = damaged_part(path))
    fail(path, "is damaged: the checksum of " + printable(*part) + " does not fit; copy or export it again");
  check_signature(module, path, !options.labels.empty());

  const auto forward = [module, path](const at::Tensor& x, const at::Tensor& time, const at::Tensor& label) {
    // The profiling executor rewrites the network after its first calls, and with it the bits of its results.
    const torch::jit::GraphOptimizerEnabledGuard as_written(false);
    std::vector<torch::jit::IValue> inputs{x, time};
    if (label.defined()) inputs.emplace_back(label);
    auto handle = module;  // forward is not const
    const auto out = handle.forward(std::move(inputs));
    const at::Tensor F = first_tensor(out);
    if (!F.defined()) fail(path, "forward returns " + out.tagKind() + " without a tensor, expected one");
    return F;
  };
  const auto again = [path](const NetworkOptions& other, const Process& of) {
    return load_torchscript(path, other, of);
  };
  return make_network({.forward = forward, .kind = "torchscript", .path = path, .load = again}, options, process);
}

namespace models {
extern const ModelKind torchscript{
    "torchscript", "trained network from a TorchScript file",
    "{kind: torchscript, path: net.pt, shape: [3, 32, 32], predicts: denoised, time: sigma}",
    [](Section& section, const ModelContext& context) { return network_from(section, context, load_torchscript); }};
}  // namespace models

}  // namespace shockstep
