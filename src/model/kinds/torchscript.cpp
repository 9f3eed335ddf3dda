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

/// forward(x, time[, label], name, ...): each condition by its name, and no argument without a value.
void check_names(const std::vector<c10::Argument>& all, const std::string& path, const NetworkOptions& options) {
  const std::size_t first = options.labels.empty() ? 3 : 4;  // after self, x, time and the label
  std::string names;
  for (std::size_t i = 1; i < all.size(); ++i) names += (i > 1 ? ", " : "") + all[i].name();
  const std::string takes = "forward takes (" + printable(names, 300) + "), ";
  std::set<std::string> given;
  for (const Condition& condition : options.conditions) given.insert(condition.name);
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (i >= first && given.erase(all[i].name()) == 0 && !all[i].default_value())
      fail(path, takes + "of which model.condition has no " + printable(all[i].name(), 100));
  }
  if (!given.empty()) fail(path, takes + "of which no further one is called " + printable(*given.begin(), 100));
}

void check_signature(const torch::jit::Module& module, const std::string& path, const NetworkOptions& options) {
  const bool labels = !options.labels.empty();
  const auto forward = module.find_method("forward");
  if (!forward) fail(path, "has no method forward; export the module itself with torch.jit.script or torch.jit.trace");
  if (!options.conditions.empty()) return check_names(forward->function().getSchema().arguments(), path, options);
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
  if (n > 3 && !labels) fail(path, takes + ", expected 2 (x, sigma); for others, set model.condition");
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
  check_signature(module, path, options);

  std::vector<std::string> names;
  for (const Condition& condition : options.conditions) names.push_back(condition.name);
  const auto forward = [module, path, names](const at::Tensor& x, const at::Tensor& time,
                                             const std::vector<at::Tensor>& told) {
    // The profiling executor rewrites the network after its first calls, and with it the bits of its results.
    const torch::jit::GraphOptimizerEnabledGuard as_written(false);
    std::vector<torch::jit::IValue> inputs{x, time};
    const auto named = told.end() - static_cast<std::ptrdiff_t>(names.size());
    inputs.insert(inputs.end(), told.begin(), named);  // the label
    torch::jit::Kwargs conditions;
    for (std::size_t k = 0; k < names.size(); ++k) conditions[names[k]] = named[static_cast<std::ptrdiff_t>(k)];
    auto handle = module;  // forward is not const
    const auto out = handle.forward(std::move(inputs), conditions);
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
