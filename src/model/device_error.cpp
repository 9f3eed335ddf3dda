#include "model/device_error.hpp"

#include <c10/util/Exception.h>

#include <new>
#include <string_view>

namespace shockstep {

// TorchScript and Python pass on the sentence of an exception alone, not its type.

bool out_of_memory(const std::exception& error) {
  const std::string_view text = error.what();
  return dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const c10::OutOfMemoryError*>(&error) ||
         text.find("out of memory") != text.npos || text.find("can't allocate memory") != text.npos ||
         text.find("ALLOC_FAILED") != text.npos;  // cuBLAS and cuDNN
}

bool device_lost(const std::exception& error) {
  const std::string_view text = error.what();
  return text.find("CUDA error:") != text.npos || text.find("CUDA driver error:") != text.npos ||
         text.find("HIP error:") != text.npos;
}

std::string first_line(const std::exception& error) {
  const auto* c10_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text = c10_error ? c10_error->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

std::string lost_sentence(const std::string& key, const std::string& who, const std::exception& error) {
  return key + ": " + who + " failed: " + first_line(error) +
         "; it takes a new process to use it again, in which --resume goes on with this run";
}

std::string full_sentence(const std::string& device, int rows) {
  return "run.state: " + device + " has no memory for the states of " + std::to_string(rows) +
         " rows; free some and go on with --resume, or begin anew with a lower run.batch or run.state: host";
}

}  // namespace shockstep
