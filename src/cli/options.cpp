#include "cli/options.hpp"

#include <shockstep/config.hpp>

#include "config/keys.hpp"
#include "core/did_you_mean.hpp"
#include "core/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <map>

namespace shockstep::cli {
namespace {

constexpr int most_points = 1'000'000;  // of --interpolate
constexpr int most_shards = 10'000;
constexpr std::int64_t most_budget = 1'000'000'000;
constexpr double longest = 1e9;  // seconds

// SECONDS, or as SLURM writes it [[D-]HH:]MM:SS.
std::optional<double> parse_duration(const std::string& text) {
  if (const auto seconds = parse_number(text)) return *seconds > 0 && *seconds <= longest ? seconds : std::nullopt;
  double sum = 0;
  const auto dash = text.find('-');
  if (dash != text.npos) {
    const auto days = parse_whole(text.substr(0, dash));
    if (!days || *days < 0) return std::nullopt;
    sum = static_cast<double>(*days) * 24;
  }
  int parts = 0;
  for (std::size_t at = dash == text.npos ? 0 : dash + 1; at <= text.size(); ++parts) {
    const auto colon = std::min(text.find(':', at), text.size());
    const auto part = parse_whole(text.substr(at, colon - at));
    if (!part || *part < 0 || (*part >= 60 && parts > 0)) return std::nullopt;
    sum = parts == 0 ? sum + static_cast<double>(*part) : 60 * sum + static_cast<double>(*part);
    at = colon + 1;
  }
  const bool fits = dash == text.npos ? parts == 2 || parts == 3 : parts == 3;
  return fits && sum > 0 && sum <= longest ? std::optional(sum) : std::nullopt;
}

// The argument quoted for a shell; what a terminal would obey is spelled out, as bash, zsh and ksh read it.
std::string quoted(const std::string& word) {
  if (printable(word, std::string::npos) != word) {
    std::string out = "$'";
    for (const char c : word) {
      char piece[5];
      const auto byte = static_cast<unsigned char>(c);
      std::snprintf(piece, sizeof piece, byte < 0x20 || byte >= 0x7f || c == '\'' || c == '\\' ? "\\x%02x" : "%c",
                    byte);
      out += piece;
    }
    return out + "'";
  }
  constexpr const char* plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == word.npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string command_line(int argc, const char* const* argv) {
  std::string out;
  for (int i = 0; i < argc; ++i)
    if (std::string(argv[i]) != "--resume") out += (i > 0 ? " " : "") + quoted(argv[i]);
  return out;
}

// The words behind the program's name, last first, as CLI11 takes them. Behind -- they are no options whatever they begin with: files.
std::vector<std::string> words_of(int argc, const char* const* argv) {
  std::vector<std::string> out;
  bool files = false;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (!files && word == "--")
      files = true;
    else
      out.push_back(files && word.starts_with('-') ? "./" + word : std::move(word));
  }
  std::ranges::reverse(out);
  return out;
}

const char* steps_meaning(const std::string& command) {
  return command == "schedule"
             ? "number of steps to fit for, or several: 5-8,12 [sampler.steps]"
             : "take a fixed number of steps, on the schedule of the config or the plan [sampler.steps]";
}

class CommandLine {
 public:
  CommandLine()
      : app_("Samples diffusion, score and flow-matching models. Each trajectory chooses its own steps.", "shockstep") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "shockstep " SHOCKSTEP_VERSION, "Print the version and exit");
    app_.footer("Example:  shockstep sample configs/ring.yaml");
    app_.get_formatter()->column_width(34);
    add_sample();
    add_merge();
    add_compare();
    add_schedule();
    add_encode();
    add_inspect();
    add_paper();
    CLI::App* info = app_.add_subcommand(
        "info", "list devices, kinds of model and process, methods, schedules, keys of a config, columns of files");
    info->footer("Example:  shockstep info");
  }

  Options parse(int argc, const char* const* argv) {
    try {
      app_.parse(words_of(argc, argv));
    } catch (const CLI::Success& done) {  // help or version
      app_.exit(done);
      return {};
    } catch (const CLI::ExtrasError&) {
      unexpected();
    } catch (const CLI::RequiredError&) {
      if (!app_.remaining().empty()) unexpected();
      if (app_.get_subcommands().empty())
        throw ConfigError("command", "missing; try shockstep sample CONFIG, or shockstep --help");
      const std::string command = app_.get_subcommands().front()->get_name();
      if (command == "encode" && !options_.config.empty())
        throw ConfigError("--data", "missing; the .npy file to encode, one datum a row");
      const std::string example = command == "compare" ? "compare_ring" : "ring";
      throw ConfigError("CONFIG", "missing; try shockstep " + command + " configs/" + example + ".yaml");
    } catch (const CLI::ParseError& error) {
      throw ConfigError("command line", printable(error.what(), 500));
    }
    const CLI::App* used = app_.get_subcommands().front();
    read_start();
    read_part();
    options_.command_line = command_line(argc, argv);
    options_.command = used->get_name();
    for (const auto& name : unused_[options_.command])
      if (used->count(name) > 0) options_.unused.push_back(name);
    for (const auto& [key, value] : values_)
      if (!value.empty()) options_.settings.push_back(key + "=" + value);
    return options_;
  }

 private:
  void add_sample() {
    CLI::App* sample =
        app_.add_subcommand("sample", "draw samples and write them, a report and the record of every trajectory");
    add_run_options(*sample);
    add_start_options(*sample);
    sample->add_flag("--resume", options_.resume, "go on with the run in --out; begin it if there is none");
    sample
        ->add_option(
            "--shard", shard_,
            "draw only part I of N of the trajectories, I from 1 to N; shockstep merge puts the parts together")
        ->type_name("I/N")
        ->take_last();
    sample->add_option("--time-limit", time_limit_, "end as Ctrl-C does after this time: seconds, or [[D-]HH:]MM:SS")
        ->type_name("TIME")
        ->take_last();
    sample->footer(
        "Example:  shockstep sample configs/ring.yaml --count 10000 --tolerance 1e-3 --out runs/fine\n"
        "          shockstep sample configs/ring.yaml --set sampler.guard=off --set run.seed=7\n"
        "          shockstep sample configs/ring.yaml --method dpmpp_2m --steps 20\n"
        "          shockstep sample configs/digits.yaml --init digits.npy --strength 0.5 --count 16\n"
        "          shockstep sample configs/ring.yaml --count 1e7 --out runs/large --time-limit 8:00:00 --resume");
  }

  void add_merge() {
    CLI::App* merge = app_.add_subcommand("merge", "put the shards of a run together: write the files of the whole");
    add_run_options(*merge);
    add_start_options(*merge);
    merge->footer(
        "It takes the options of the shards except --shard, and reads DIR/shard-*.journal.\n"
        "Example:  shockstep sample configs/ring.yaml --out runs/two --shard 1/2\n"
        "          shockstep sample configs/ring.yaml --out runs/two --shard 2/2\n"
        "          shockstep merge configs/ring.yaml --out runs/two");
  }

  // Where trajectories start.
  void add_start_options(CLI::App& command) {
    command
        .add_option("--init", options_.init,
                    "start from these data with noise added; [count, *shape], or one row for all")
        ->type_name("FILE.npy")
        ->take_last();
    command
        .add_option("--strength", strength_,
                    "how much noise --init gets, as a share of the range of noise levels; default 0.75, with --mask 1")
        ->type_name("S")
        ->take_last();
    command.add_option("--mask", options_.mask, "keep the data of --init where this is 1; [*shape]")
        ->type_name("FILE.npy")
        ->take_last();
    command.add_option("--interpolate", interpolate_, "draw N samples from each starting latent to the next")
        ->type_name("N")
        ->take_last();
  }

  // Options that CLI11 reads as text and that are parsed here.
  void read_start() {
    if (!strength_.empty()) {
      options_.strength = parse_number(strength_);
      if (!options_.strength || !(*options_.strength > 0 && *options_.strength <= 1))
        throw ConfigError("--strength",
                          "must be a number above 0 and at most 1, for example 0.5; got " + printable(strength_));
    }
    if (options_.init.empty() && !options_.mask.empty())
      throw ConfigError("--mask", "needs --init FILE.npy, whose known part it keeps");
    if (options_.init.empty() && options_.strength)
      throw ConfigError("--strength", "needs --init FILE.npy, the data that it noises");
    if (!interpolate_.empty()) {
      const auto points = parse_whole(interpolate_);
      if (!points || *points < 2 || *points > most_points)
        throw ConfigError(
            "--interpolate",
            "must be a whole number of rows, at least 2 (both ends), for example 10; got " + printable(interpolate_));
      options_.interpolate = static_cast<int>(*points);
    }
  }

  // The part of a run, for how long, and of a fit how many rows.
  void read_part() {
    if (!shard_.empty()) {
      const auto slash = shard_.find('/');
      const auto index = parse_whole(shard_.substr(0, slash));
      const auto count = parse_whole(slash == shard_.npos ? "" : shard_.substr(slash + 1));
      if (!index || !count || *count < 1 || *count > most_shards)
        throw ConfigError("--shard", "must be I/N, for example 3/16, N at most " + std::to_string(most_shards) +
                                         "; got " + printable(shard_));
      if (*index < 1 || *index > *count)
        throw ConfigError("--shard", "I counts from 1 to N, so an array job has --array=1-" + std::to_string(*count) +
                                         "; got " + printable(shard_));
      options_.shard = Shard{static_cast<int>(*index), static_cast<int>(*count)};
    }
    if (!time_limit_.empty()) {
      const auto seconds = parse_duration(time_limit_);
      if (!seconds)
        throw ConfigError("--time-limit",
                          "must be seconds, MM:SS, HH:MM:SS or D-HH:MM:SS, more than 0; got " + printable(time_limit_));
      options_.time_limit = *seconds;
    }
    if (!budget_.empty()) {
      const auto rows = parse_whole(budget_);
      if (!rows || *rows < 1 || *rows > most_budget)
        throw ConfigError("--budget", "must be a whole number of rows, for example 10000; got " + printable(budget_));
      options_.budget = *rows;
    }
    if (!(options_.tighten > 0))
      throw ConfigError("--tighten", "must be more than 0; got " + std::to_string(options_.tighten));
  }

  void add_compare() {
    CLI::App* compare =
        app_.add_subcommand("compare", "compare methods on the same trajectories: error against model evaluations");
    add_run_options(*compare);
    compare->footer(
        "Settings of `sampler` hold for every method of the config that does not have its own.\n"
        "Example:  shockstep compare configs/compare_ring.yaml --count 10000 --out runs/compare\n"
        "          shockstep compare configs/compare_ring.yaml --set reference=1e-11");
  }

  void add_schedule() {
    CLI::App* schedule = app_.add_subcommand(
        "schedule", "fit a solver to a model, or a schedule to a model and a method, and write it to a file");
    add_run_options(*schedule, {"--tolerance", "--count", "--first", "--seed", "--noise"});
    schedule
        ->add_option(
            "--format", options_.format,
            "print the result, too: torch or python (code for k-diffusion, diffusers and ComfyUI), json or yaml")
        ->type_name("FORMAT")
        ->take_last();
    schedule
        ->add_option(
            "--budget", budget_,
            "model evaluations that the fit may take; a larger budget tries more trajectories and sets of nodes")
        ->type_name("ROWS")
        ->take_last();
    schedule->footer(
        "It writes solver.yaml, or with --method schedule.yaml, which sampler.steps: {file: solver.yaml} reads.\n"
        "--steps 5-8,12 fits several solvers at once into one file; {file: solver.yaml, count: 8} takes one of them.\n"
        "Example:  shockstep schedule configs/digits.yaml --steps 8 --out runs/fit\n"
        "          shockstep schedule configs/digits.yaml --steps 5-8,12 --budget 10000 --out runs/fit\n"
        "          shockstep schedule configs/ring.yaml --method dpmpp_2m --steps 10 --out runs/fit\n"
        "          shockstep schedule configs/digits.yaml --method dpmpp_2m --steps 10 --format python");
  }

  void add_encode() {
    CLI::App* encode = app_.add_subcommand("encode", "take data back to latents, and compute their log-likelihood");
    add_run_options(*encode, {"--first", "--noise", "--steps", "--method"});
    encode->add_option("--data", options_.data, "the data to encode, [n, *shape]; with --count N the first N rows")
        ->required()
        ->type_name("FILE.npy")
        ->take_last();
    encode->footer(
        "It writes latents.npy, which sample --noise takes back to the data, and log_likelihood.csv.\n"
        "Example:  shockstep encode configs/ring.yaml --data runs/ring/samples.npy --out runs/encoded\n"
        "          shockstep encode configs/digits.yaml --data digits.npy --set encode.likelihood=off");
  }

  void add_inspect() {
    CLI::App* inspect = app_.add_subcommand(
        "inspect", "check whether a model fits its description, is a score, decides when, and has memorised data");
    add_run_options(*inspect, {"--first", "--noise", "--steps"});
    inspect
        ->add_option("--data", options_.data,
                     "the training data, [n, *shape]; inspect counts the samples that are points of them")
        ->type_name("FILE.npy")
        ->take_last();
    inspect
        ->add_option("--held-out", options_.held_out,
                     "data that were not trained on; default: the second half of --data")
        ->type_name("FILE.npy")
        ->take_last();
    inspect
        ->add_option("--labels", options_.labels,
                     "class of each row of --data, [n]; the classes take the place of clusters")
        ->type_name("FILE.npy")
        ->take_last();
    inspect->footer(
        "It needs no data. Exit code 3: the description does not fit, and nothing else was measured.\n"
        "Example:  shockstep inspect configs/digits.yaml --out runs/inspect\n"
        "          shockstep inspect configs/digits.yaml --data train.npy --held-out test.npy\n"
        "          shockstep inspect configs/digits.yaml --set model.predicts=noise");
  }

  void add_paper() {
    CLI::App* paper =
        app_.add_subcommand("paper", "check the claims of the Burgers analysis of the score: tables, figures");
    paper->add_option("--out", options_.out, "folder for the files; default runs/paper")->type_name("DIR")->take_last();
    paper
        ->add_option("--tighten", options_.tighten,
                     "divide the tolerance of each claim by this, to see how near it is; default 1")
        ->type_name("F")
        ->take_last();
    paper->footer(
        "It takes no config and prints a line for each claim: what was expected, what was found.\n"
        "configs/papers holds the problems. Exit code 4: a claim failed.\n"
        "Example:  shockstep paper --out runs/paper");
  }

  // What all commands with a config have. `unused`: what this one makes nothing of and does not list.
  void add_run_options(CLI::App& command, std::vector<std::string> unused = {}) {
    command.add_option("CONFIG", options_.config, "YAML file")->required()->type_name("");
    command.add_option("--out", options_.out, "folder for the files; default runs/<name of the config>")
        ->type_name("DIR")
        ->take_last();
    command.add_option("--set", options_.settings, "set any key of the config; may be repeated")
        ->type_name("KEY.PATH=VALUE")
        ->take_all()
        ->expected(1)
        ->allow_extra_args(false);
    for_each_key([&](const auto& row) {  // errors name the key
      const auto& [section, name, meaning, changes, measured, option, type] = row.key;
      if (!*option) return;
      const std::string key = std::string(section) + "." + name;
      command.add_option(option, values_[key], meaning + (" [" + key + "]"))->type_name(type)->take_last();
    });
    command.add_option("--steps", options_.steps, steps_meaning(command.get_name()))->type_name("N")->take_last();
    command
        .add_option("--noise", options_.noise,
                    "starting latents of unit variance, [count, *shape], in place of those of the seed")
        ->type_name("FILE.npy")
        ->take_last();
    auto* quiet = command.add_flag("--quiet", options_.quiet, "print no progress and no warnings");
    command.add_flag("-v,--verbose", options_.verbose, "print the log to stderr, too")->excludes(quiet);
    command.add_flag_callback(
        "--version", [] { throw CLI::CallForVersion("shockstep " SHOCKSTEP_VERSION, 0); },
        "Print the version and exit");
    for (const auto& name : unused) command.get_option(name)->group("");
    unused_[command.get_name()] = std::move(unused);
  }

  [[noreturn]] void unexpected() const {
    const auto used = app_.get_subcommands();
    const CLI::App& app = used.empty() ? app_ : *used.front();
    const auto rest = app_.remaining(true);
    const std::string word = rest.empty() ? "" : rest.front();
    std::vector<std::string> known;
    for (const auto* option : app.get_options()) known.push_back(option->get_name());
    if (used.empty())
      for (const auto* command : app_.get_subcommands([](const CLI::App*) { return true; }))
        known.push_back(command->get_name());
    const std::string meant = did_you_mean(word, known);
    const std::string what = word.starts_with('-') ? "unknown option"
                             : used.empty()        ? "unknown command"
                                                   : "one argument too many";
    throw ConfigError(
        printable(word),
        what + (meant.empty() ? "; see shockstep " + (used.empty() ? "" : app.get_name() + " ") + "--help" : meant));
  }

  CLI::App app_;
  Options options_;
  std::map<std::string, std::string> values_;  // of keys that have an option
  std::map<std::string, std::vector<std::string>>
      unused_;  // by command: options that it takes, as all do, and does not use
  std::string strength_, interpolate_, shard_, time_limit_, budget_;
};

}  // namespace

bool gives(const Options& options, const std::string& key) {
  return std::ranges::any_of(options.settings,
                             [&](const std::string& setting) { return setting.starts_with(key + "="); });
}

Options parse(int argc, const char* const* argv) { return CommandLine().parse(argc, argv); }

}  // namespace shockstep::cli
