#include <shockstep/error.hpp>

#include "cli/commands.hpp"
#include "cli/patient_threads.hpp"
#include "cli/ranks.hpp"
#include "log/log.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace shockstep;

int run(int argc, char** argv) {
  const cli::Options options = cli::parse(argc, argv);
  if (options.command.empty()) return 0;
  log::set_terminal_level(options.quiet ? log::Level::error : options.verbose ? log::Level::info : log::Level::warning);
  for (const auto& option : options.unused) log::warning(option + ": " + options.command + " makes no use of it");
  if (options.command == "info") return cli::info();
  const cli::PatientThreads patient;
  if (options.command == "compare") return cli::compare(options);
  if (options.command == "schedule") return cli::schedule(options);
  if (options.command == "encode") return cli::encode(options);
  if (options.command == "inspect") return cli::inspect(options);
  if (options.command == "paper") return cli::paper(options);
  if (options.command == "merge") return cli::merge(options);
  return cli::sample(options);
}

/// Where the shell has closed stdin, stdout or stderr (>&-), the next file opened would take its place, and the messages.
void hold_standard_files() {
  for (int file = ::open("/dev/null", O_RDWR); file >= 0; file = ::open("/dev/null", O_RDWR))
    if (file > STDERR_FILENO) {
      ::close(file);
      return;
    }
}

int report(const char* what, int code) {
  log::error(what);
  log::close();
  cli::end_ranks(code);
  return code;
}

int guarded(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Cancelled&) {
    return report("interrupted before the first trajectory", 130);
  } catch (const ConfigError& e) {
    return report(e.what(), 2);
  } catch (const ModelError& e) {
    return report(e.what(), 3);
  } catch (const FileError& e) {
    return report(e.what(), 5);
  } catch (const std::bad_alloc&) {
    return report("out of memory", 1);
  } catch (const std::exception& e) {
    return report(e.what(), 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_files();
  std::signal(
      SIGXFSZ,
      SIG_IGN);  // a file that exceeds its limit then fails in write(), with a sentence, instead of killing the process
  int code = guarded(argc, argv);
  shockstep::log::close();
  if (std::fflush(stdout) != 0 && code == 0) code = report("stdout: cannot be written", 5);
  return code;
}
