#include "cli/shards.hpp"

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

namespace shockstep::cli {
namespace {

namespace fs = std::filesystem;

// How many shards the files in the folder are of.
int shard_count(const std::string& folder) {
  const std::regex name(R"(shard-\d{1,5}-of-(\d{1,5})\.journal)");
  std::set<int> counts;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    if (std::smatch match; std::regex_match(file, match, name)) counts.insert(std::stoi(match[1]));
  }
  const std::string where = printable(folder, 1000);
  if (counts.empty()) throw FileError(where, "has no shards; draw them with shockstep sample CONFIG --shard I/N");
  if (counts.size() > 1)
    throw FileError(where, "has shards of " + std::to_string(*counts.begin()) + " and of " +
                               std::to_string(*counts.rbegin()) + "; remove those of one run");
  return *counts.begin();
}

void check_all_there(const std::string& folder, int count) {
  std::vector<std::string> missing;
  for (int i = 1; i <= count; ++i)
    if (!holds_records((fs::path(folder) / journal_name(Shard{i, count})).string()))
      missing.push_back(std::to_string(i));
  if (missing.empty()) return;
  const std::size_t all = missing.size(), shown = std::min<std::size_t>(all, 10);
  missing.resize(shown);
  throw FileError(printable(folder, 1000), (all == 1 ? "shard " : "shards ") + join(missing) +
                                               (all > shown ? ", .. (" + std::to_string(all) + ")" : "") + " of " +
                                               std::to_string(count) + (all == 1 ? " is" : " are") +
                                               " missing; draw with --shard " + missing.front() + "/" +
                                               std::to_string(count));
}

// What the shards were drawn with must be the same for all, but need not be what the machine that merges them has.
Json with_hardware_of(Json identity, const Json& shard) {
  for (const char* key : {"batch", "device", "dtype", "in_flight", "state", "threads"})
    if (identity["run"].contains(key)) identity["run"][key] = shard.at("run").value(key, Json());
  if (identity.contains("Torch")) identity["Torch"] = shard.value("Torch", Json());
  return identity;
}

}  // namespace

Part part_of(const RunSettings& run, const std::optional<Shard>& shard) {
  if (!shard) return {run.first, run.count};
  if (shard->count > run.count)
    throw ConfigError("--shard", std::to_string(shard->count) + " parts of " + std::to_string(run.count) +
                                     " trajectories leave one empty; take at most " + std::to_string(run.count));
  const auto before = [&](std::int64_t index) {  // count index/n, rounded down
    const std::int64_t n = shard->count;
    return run.count / n * index + run.count % n * index / n;
  };
  const std::int64_t begin = before(shard->index - 1);
  return {run.first + begin, before(shard->index) - begin};
}

std::string journal_name(const std::optional<Shard>& shard) {
  if (!shard) return "run.journal";
  return "shard-" + std::to_string(shard->index) + "-of-" + std::to_string(shard->count) + ".journal";
}

Shards find_shards(const std::string& folder, const Json& identity) {
  const int count = shard_count(folder);
  check_all_there(folder, count);
  Shards shards;
  std::string measured;
  Json wanted;
  for (int i = 1; i <= count; ++i) {
    const Shard& shard = shards.parts.emplace_back(Shard{i, count});
    const std::string path = (fs::path(folder) / journal_name(shard)).string();
    const RecordLog free(path);  // throws if a process is still writing it
    const JournalReader& journal = shards.journals.emplace_back(path);
    const JournalHeader header = journal_header(journal.header(), path);
    if (i == 1) wanted = with_hardware_of(identity, header.identity);
    if (const auto what = difference(header.identity, wanted); !what.empty())
      throw ConfigError(printable(path, 1000), "",
                        "is of another run: " + what + "; merge takes the options of the shards");
    const std::string text = to_text({.identity = {}, .part = {}, .prepared = header.prepared});
    if (i == 1)
      measured = text, shards.prepared = header.prepared;
    else if (text != measured)
      throw ConfigError(printable(path, 1000), "",
                        "measured another guard profile or schedule than shard 1, on another kind of machine perhaps; "
                        "give all shards one file, sampler.guard.profile or sampler.steps: {file: ..}");
  }
  return shards;
}

}  // namespace shockstep::cli
