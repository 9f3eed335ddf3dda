#include "log/log.hpp"

#include <shockstep/error.hpp>

#include "core/text.hpp"
#include "log/terminal.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace shockstep::log {
namespace {

constexpr std::size_t file_bytes = 8 << 20, files = 3, queue = 8192, longest_line = 4000;

std::atomic<Level> terminal_level{Level::warning};
std::shared_ptr<spdlog::async_logger> logger;
std::vector<std::pair<Level, std::string>> early;  // lines from before there was a file

constexpr spdlog::level::level_enum levels[] = {spdlog::level::info, spdlog::level::warn, spdlog::level::err};
void write(Level level, const std::string& text) {
  logger->log(levels[static_cast<int>(level)], spdlog::string_view_t(text));
}

void say(Level level, const std::string& raw) {
  const std::string text = printable(raw, longest_line);
  if (level >= terminal_level)
    terminal::line(level == Level::info ? text : "shockstep: " + (level == Level::warning ? "warning: " + text : text));
  if (logger)
    write(level, text);
  else
    early.emplace_back(level, text);
}

}  // namespace

void set_terminal_level(Level level) { terminal_level = level; }

void open(const std::string& file) {
  if (std::error_code none; std::filesystem::exists(file, none) && !std::filesystem::is_regular_file(file, none))
    throw FileError(printable(file, 1000), "is not a file");  // a FIFO would wait for its reader
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(file, file_bytes, files);
    spdlog::init_thread_pool(queue, 1);
    logger = std::make_shared<spdlog::async_logger>("run", std::move(sink), spdlog::thread_pool(),
                                                    spdlog::async_overflow_policy::block);
  } catch (const spdlog::spdlog_ex& e) {
    throw FileError(printable(file, 1000), printable(std::string("cannot be written: ") + e.what(), longest_line));
  }
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  logger->flush_on(spdlog::level::warn);
  // A full disk must not stop a run that may still be able to write its results; say so once.
  logger->set_error_handler([told = std::make_shared<std::atomic<bool>>(false)](const std::string& what) {
    if (!told->exchange(true)) terminal::line("shockstep: warning: run.log: " + printable(what));
  });
  for (const auto& [level, text] : early) write(level, text);
  early.clear();
}

void close() {
  if (!logger) return;
  logger->flush();
  logger.reset();
  spdlog::shutdown();  // joins the thread after the queue is empty
}

void info(const std::string& text) { say(Level::info, text); }
void warning(const std::string& text) { say(Level::warning, text); }
void error(const std::string& text) { say(Level::error, text); }

}  // namespace shockstep::log
