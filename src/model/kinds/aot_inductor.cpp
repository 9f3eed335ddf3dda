#include <shockstep/models/aot_inductor.hpp>

#include "core/text.hpp"
#include "model/network.hpp"
#include "model/network_config.hpp"

#include <shockstep/error.hpp>

#include <torch/version.h>

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 8)
#define SHOCKSTEP_AOT_INDUCTOR
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#endif

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace shockstep {

#ifdef SHOCKSTEP_AOT_INDUCTOR
namespace {

std::shared_ptr<torch::inductor::AOTIModelPackageLoader> open(const std::string& path, c10::Device device) {
  // Packages check shape and type of their inputs only if this is set, and read beyond them otherwise.
  setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", /*overwrite=*/0);
  try {
    return std::make_shared<torch::inductor::AOTIModelPackageLoader>(path, "model", /*run_single_threaded=*/false,
                                                                     /*num_runners=*/1, device.index());
  } catch (const std::exception& e) {
    throw ModelError(printable(path, 1000) + ": is no package of AOTInductor: " + sentence_of(e));
  }
}

}  // namespace
#endif

ModelPtr load_aot_inductor(const std::string& path, const NetworkOptions& options, const Process& process) {
  check_network_options(options, process);
  check_network_file(path, "a package of AOTInductor");
#ifdef SHOCKSTEP_AOT_INDUCTOR
  const auto device = network_device(options.device, printable(path, 1000));
  const auto package = open(path, device);
  const auto compiled_for = package->get_metadata()["AOTI_DEVICE_KEY"];
  if (!compiled_for.empty() && compiled_for != (device.is_cuda() ? "cuda" : "cpu"))
    throw ModelError(printable(path, 1000) + ": was compiled for " + compiled_for + ", but run.device is " +
                     options.device + "; set run.device, or export it again");
  const auto forward = [package, path](const at::Tensor& x, const at::Tensor& time,
                                       const std::vector<at::Tensor>& told) {
    std::vector<at::Tensor> inputs{x.contiguous(), time};
    for (const at::Tensor& t : told) inputs.push_back(t.contiguous());
    const auto outputs = package->run(inputs);
    if (outputs.empty()) throw ModelError(printable(path, 1000) + ": returns nothing, expected a tensor");
    return outputs.front();
  };
  return make_network({.forward = forward, .kind = "aot_inductor", .path = path}, options, process);
#else
  throw ModelError(printable(path, 1000) +
                   ": this Torch loads no packages of AOTInductor; use Torch 2.8 or newer, or "
                   "export TorchScript");
#endif
}

namespace models {
extern const ModelKind aot_inductor{
    "aot_inductor", "trained network compiled by AOTInductor (.pt2)",
    "{kind: aot_inductor, path: net.pt2, shape: [3, 32, 32], predicts: denoised, time: sigma}",
    [](Section& section, const ModelContext& context) { return network_from(section, context, load_aot_inductor); }};
}  // namespace models

}  // namespace shockstep
