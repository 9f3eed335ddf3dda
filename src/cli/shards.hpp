/// The parts of a run that several processes draw.
#pragma once

#include "cli/options.hpp"
#include "cli/run_identity.hpp"
#include "config/run_config.hpp"
#include "output/journal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shockstep::cli {

/// Trajectories first .. first + count - 1.
struct Part {
  std::int64_t first, count;
};
/// The trajectories of a shard, or all. Shards are contiguous, so that each has its trajectories nearly in order and
/// merging holds few in memory. Throws ConfigError if there are more shards than trajectories.
Part part_of(const RunSettings& run, const std::optional<Shard>& shard);

/// run.journal, or shard-3-of-16.journal
std::string journal_name(const std::optional<Shard>& shard);

struct Shards {
  std::vector<Shard> parts;  ///< in order
  std::vector<JournalReader> journals;
  Prepared prepared;  ///< the same in all
};
/// Those in the folder. Throws an Error that names what is missing, being written, or of another run.
Shards find_shards(const std::string& folder, const Json& identity);

}  // namespace shockstep::cli
