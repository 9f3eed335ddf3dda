/// What networks from files and from callables have in common.
#pragma once

#include <shockstep/models/network.hpp>

#include <c10/core/Device.h>

#include <functional>
#include <string>

namespace shockstep {

/// A network and where it comes from, for messages.
struct NetworkSource {
  ConditionedNetwork forward;  ///< none: described_network()
  std::string kind;            ///< torchscript, ...
  std::string path;            ///< empty where it is no file
  /// The same network under other options, loaded anew; none: it cannot be.
  std::function<ModelPtr(const NetworkOptions& options, const Process& process)> load{};
};

/// Throws ConfigError for options that are wrong whatever the network.
void check_network_options(const NetworkOptions& options, const Process& process);
/// Checks that the file is there and not empty, and returns its first byte. `what`: what it should be. Throws
/// FileError.
char check_network_file(const std::string& path, const std::string& what);
/// Throws ConfigError for a name that is no device's, ModelError for a device that this machine lacks, its sentence
/// begun by `source`.
c10::Device network_device(const std::string& name, const std::string& source);

/// Makes the model, after a probe call. Throws ModelError if the network does not fit the options.
ModelPtr make_network(NetworkSource source, const NetworkOptions& options, const Process& process);

/// A network that somebody else evaluates (AskedRun): what can be known of it without a call. Calling it is a ModelError. Throws
/// ConfigError as wrap_network does.
ModelPtr described_network(const NetworkOptions& options, const Process& process);

/// The description of a model that is a network; null for any other model.
const NetworkOptions* network_options(const ScoreModel& model);
/// Where it comes from. `model` must be a network.
const NetworkSource& network_source(const ScoreModel& model);
/// The same network in float32, loaded anew, or as a Float32Kept has it; null where it cannot be. `model` must be a network. Throws as its
/// loader.
ModelPtr loaded_in_float32(const ScoreModel& model, const Process& process);
/// While it lives, what loaded_in_float32() once loaded of this model is kept, for all who ask. `model`: any, which must outlive it.
class Float32Kept {
 public:
  explicit Float32Kept(const ScoreModel& model);
  ~Float32Kept();
  Float32Kept(const Float32Kept&) = delete;
  Float32Kept& operator=(const Float32Kept&) = delete;

 private:
  const ScoreModel& model_;
};
/// Whether its times are rounded to half precision, since it takes no others.
bool rounds_times(const ScoreModel& model);
/// The same network under another description, after a probe call of three rows. `model` must be a network. Throws as
/// wrap_network.
ModelPtr redescribed(const ScoreModel& model, const NetworkOptions& options, const Process& process);

/// What Torch says of an exception, in one line.
std::string sentence_of(const std::exception& error);
/// "float32"
const char* name(NetworkType type);
const char* name(Predicts predicts);
const char* name(TimeInput time);
at::ScalarType scalar_type(NetworkType type);

}  // namespace shockstep
