/// TorchScript files made by a test, in a folder that goes with it.
#pragma once

#include "support/test.hpp"

#include <ATen/ATen.h>
#include <torch/script.h>

#include <unistd.h>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace shockstep::test {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("shockstep_torchscript_" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
};

using Tensors = std::vector<std::pair<std::string, at::Tensor>>;

/// A module with these parameters and buffers and the given methods, in a file.
inline std::string save(const Folder& folder, const std::string& code, const Tensors& parameters = {},
                        const Tensors& buffers = {}) {
  torch::jit::Module module("Network");
  module.register_attribute("training", c10::BoolType::get(), true);
  for (const auto& [name, value] : parameters) module.register_parameter(name, value, false);
  for (const auto& [name, value] : buffers) module.register_buffer(name, value);
  if (!code.empty()) module.define(code);
  const auto path = folder / "model.pt";
  module.save(path);
  return path;
}

}  // namespace shockstep::test
