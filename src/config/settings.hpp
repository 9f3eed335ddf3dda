/// The sections `run` and `output` of a config: settings and their keys.
#pragma once

#include <shockstep/guard.hpp>
#include <shockstep/state_memory.hpp>

#include "config/key.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <tuple>

namespace shockstep {

inline constexpr std::int64_t most_trajectories = 100'000'000'000;  // a bit of memory each
inline constexpr std::int64_t largest_index = std::int64_t{1} << 53;
inline constexpr std::int64_t largest_int = std::numeric_limits<int>::max();

struct RunSettings {
  std::int64_t count = 1024;
  std::int64_t first = 0;
  std::uint64_t seed = 0;
  int batch = 256;
  int measured_batch = 2;  ///< follows from count and batch
  std::string device = "cpu";
  int threads = 0;
  std::string dtype = "float32";
  StateMemory state = StateMemory::automatic;
  int in_flight = 0;
};

void read_device(Section& section, RunSettings& run);
void read_batch(Section& section, RunSettings& run);

inline constexpr std::tuple run_keys{
    ValueKey{Key{"run", "count", "number of trajectories, each of which ends in a sample", Changes::samples,
                 Measured::never, "--count", "N"},
             &RunSettings::count, 1, most_trajectories},
    ValueKey{Key{"run", "first", "number of the first trajectory", Changes::samples, Measured::never, "--first", "I"},
             &RunSettings::first, 0, largest_index},
    ValueKey{Key{"run", "seed", "seed of the starting latents", Changes::samples, Measured::never, "--seed", "S"},
             &RunSettings::seed},
    OtherKey{Key{"run", "batch", "rows in one model call; default: the least of 1, 2, 4, .. 256 that holds run.count",
                 Changes::last_bits, Measured::never, "--batch", "N"},
             "1 or more", &read_batch, +[](const RunSettings& run) { return std::to_string(run.batch); }},
    OtherKey{Key{"run", "device", "where the model runs: cpu, cuda or cuda:K", Changes::last_bits, Measured::always,
                 "--device", "DEVICE"},
             "cpu, cuda, cuda:K", &read_device, +[](const RunSettings& run) { return run.device; }},
    ValueKey{Key{"run", "threads", "number of CPU threads; 0: all cores", Changes::last_bits, Measured::always,
                 "--threads", "N"},
             &RunSettings::threads, 0, 4096},
    WordKey{Key{"run", "dtype", "type of a network's inputs; the state is always float64", Changes::last_bits,
                Measured::always},
            &RunSettings::dtype,
            {Word{"float32", "float32"}, Word{"float64", "float64"}, Word{"float16", "float16"},
             Word{"bfloat16", "bfloat16"}}},
    WordKey{
        Key{"run", "state", "memory of the states: host, or device for the network's; auto is device off the CPU",
            Changes::samples, Measured::never},
        &RunSettings::state,
        {Word{"auto", StateMemory::automatic}, Word{"host", StateMemory::host}, Word{"device", StateMemory::device}}},
    WordKey{Key{"run", "in_flight", "batches under way: 2 halves, one in the network and one in its steps, or 1",
                Changes::last_bits, Measured::never},
            &RunSettings::in_flight,
            {Word{"auto", 0}, Word{"1", 1}, Word{"2", 2}}},
};

struct OutputSettings {
  bool samples = true;
  Switch grid = Switch::automatic;
  int grid_rows = 0, grid_columns = 0;  ///< 0: chosen by the count
  std::int64_t steps = 64;
  bool report = true;
  bool events = true;
  bool directions = true;
  bool journal = true;
};

void read_grid(Section& section, OutputSettings& output);

inline constexpr std::tuple output_keys{
    WordKey{Key{"output", "samples", "whether samples.npy is written"},
            &OutputSettings::samples,
            {Word{"npy", true}, Word{"none", false}}},
    OtherKey{Key{"output", "grid", "whether samples.png is drawn, of images or of samples with one or two coordinates"},
             "auto, on, off, [rows, columns]", &read_grid},
    ValueKey{
        Key{"output", "steps", "number of trajectories whose every step is written to steps.csv", Changes::samples},
        &OutputSettings::steps},
    WordKey{Key{"output", "report", "whether report.html is written"},
            &OutputSettings::report,
            {Word{"html", true}, Word{"none", false}}},
    WordKey{Key{"output", "events", "whether events.jsonl is written"},
            &OutputSettings::events,
            {Word{"jsonl", true}, Word{"none", false}}},
    ValueKey{Key{"output", "directions",
                 "whether events.jsonl holds the directions of speciations, a number for each coordinate"},
             &OutputSettings::directions},
    ValueKey{Key{"output", "journal", "whether run.journal is kept while the run is under way, so that it can go on"},
             &OutputSettings::journal},
};

}  // namespace shockstep
