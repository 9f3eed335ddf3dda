#include "core/npy.hpp"

#include "core/input_file.hpp"
#include "core/text.hpp"

#include <shockstep/error.hpp>

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <numeric>

namespace shockstep {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr char magic[] = "\x93NUMPY";
constexpr std::size_t magic_bytes = 6;

std::uint64_t memory_of_this_machine() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
}

class Reader {
 public:
  explicit Reader(const std::string& path, const ShapeCheck& check)
      : path_(path), check_(check), file_(open_to_read(path)), left_(std::filesystem::file_size(path)) {}

  NpyArray read() {
    char start[magic_bytes + 2];
    if (left_ < sizeof start || (take(start, sizeof start), std::memcmp(start, magic, magic_bytes) != 0))
      fail("is no .npy file; write one with numpy.save");
    if (start[6] < 1 || start[6] > 3)
      fail("has version " + std::to_string(start[6]) + " of the .npy format, known are 1 to 3");
    std::uint32_t length = 0;
    take(&length, start[6] == 1 ? 2 : 4);
    if (length > left_) fail("is cut off in its header");
    std::string header(length, '\0');
    take(header.data(), length);
    return body(header);
  }

 private:
  NpyArray body(const std::string& header) {
    const std::string type = entry(header, "descr"), order = entry(header, "fortran_order");
    NpyArray out{.shape = shape(entry(header, "shape")), .values = {}};
    if (order.starts_with("True")) fail("is in Fortran order; write it with numpy.ascontiguousarray");
    if (!order.starts_with("False")) fail("has a header without fortran_order");

    const bool known =
        type.size() > 5 && (type.starts_with("'<f") || type.starts_with("'<i")) && (type[3] == '4' || type[3] == '8');
    const bool flags = type.starts_with("'|b1'");
    if (!flags && (!known || type[4] != '\''))
      fail("holds " + printable(type.substr(0, type.find(',')), 20) +
           ", expected float32, float64, int32, int64 or bool ('<f4', '<f8', '<i4', '<i8', '|b1')");
    const bool integer = type[2] == 'i', eight = type[3] == '8';
    const std::uint64_t bytes = flags ? 1 : eight ? 8 : 4;

    std::uint64_t count = 1;  // overflow means more than any file holds
    for (auto n : out.shape)
      if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(n), &count)) fail("has an absurd shape");
    if (count > left_ / bytes)
      fail("is cut off: its shape needs " + std::to_string(count) + " numbers, it holds " +
           std::to_string(left_ / bytes));
    if (check_) check_(out.shape);
    if (count > memory_of_this_machine() / sizeof(double))
      fail("holds " + std::to_string(count) + " numbers, more than the memory of this machine");
    out.values.resize(count);
    if (flags)
      numbers<std::uint8_t>(out.values);
    else if (integer)
      eight ? numbers<std::int64_t>(out.values) : numbers<std::int32_t>(out.values);
    else
      eight ? numbers<double>(out.values) : numbers<float>(out.values);
    return out;
  }

  template <class T>
  void numbers(std::vector<double>& values) {
    std::vector<T> chunk(1 << 16);
    for (std::size_t i = 0; i < values.size();) {
      const std::size_t n = std::min(chunk.size(), values.size() - i);
      take(chunk.data(), n * sizeof(T));
      for (std::size_t j = 0; j < n; ++j) values[i++] = static_cast<double>(chunk[j]);
    }
  }

  // The text after 'name': in the header, a Python dictionary.
  std::string entry(const std::string& header, const std::string& name) const {
    auto at = header.find('\'' + name + '\'');
    if (at != header.npos) at = header.find(':', at);
    if (at != header.npos) at = header.find_first_not_of(": ", at);
    if (at == header.npos) fail("has a header without " + name);
    return header.substr(at);
  }

  std::vector<std::int64_t> shape(const std::string& text) const {
    std::vector<std::int64_t> out;
    const auto end = text.find(')');
    if (text.front() != '(' || end == text.npos) fail("has a header without shape");
    for (std::size_t at = 1; at < end;) {
      const auto comma = std::min(text.find(',', at), end);
      std::string word = text.substr(at, comma - at);
      word.erase(0, word.find_first_not_of(' '));
      word.erase(word.find_last_not_of(' ') + 1);
      at = comma + 1;
      if (word.empty() && at > end) break;  // "(3,)" and "()"
      if (word.empty() || word.size() > 18 || word.find_first_not_of("0123456789") != word.npos)
        fail("has an absurd shape");
      out.push_back(std::stoll(word));
    }
    return out;
  }

  void take(void* to, std::size_t bytes) {
    if (bytes > left_ || std::fread(to, 1, bytes, file_.get()) != bytes) fail("is cut off");
    left_ -= bytes;
  }

  [[noreturn]] void fail(const std::string& sentence) const { throw FileError(printable(path_, 1000), sentence); }

  std::string path_;
  const ShapeCheck& check_;
  InputFile file_;
  std::uint64_t left_;
};

// The dictionary, padded with spaces so that the data start at a multiple of 64 bytes, and no sooner than at `least`.
std::string header(const std::vector<std::int64_t>& shape, NpyType type, std::int64_t least = 0) {
  std::string text =
      std::string("{'descr': '") + (type == NpyType::float64 ? "<f8" : "<f4") + "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  text += shape.size() == 1 ? ",), }" : "), }";
  const auto start = [&] { return magic_bytes + 4 + text.size() + 1; };
  while (start() % 64 || start() < static_cast<std::size_t>(least)) text += ' ';
  text += '\n';
  const auto length = static_cast<unsigned>(text.size());
  return std::string(magic, magic_bytes) + '\1' + '\0' + static_cast<char>(length & 255) +
         static_cast<char>(length >> 8) + text;
}

constexpr std::size_t waiting_bytes = 1 << 20;

}  // namespace

NpyArray read_npy(const std::string& path, const ShapeCheck& check) { return Reader(path, check).read(); }

NpyWriter::NpyWriter(const std::string& path, const std::vector<std::int64_t>& shape, NpyType type)
    : file_(path), shape_(shape), type_(type) {
  for (std::size_t i = 1; i < shape.size(); ++i) row_values_ *= static_cast<std::size_t>(shape[i]);
  row_bytes_ = row_values_ * (type == NpyType::float64 ? 8 : 4);
  const std::string text = header(shape, type);
  header_ = static_cast<std::int64_t>(text.size());
  file_.put(text.data(), text.size(), 0);
}

void NpyWriter::write_row(std::int64_t i, std::span<const double> row) {
  assert(i >= 0 && i < rows() && row.size() == row_values_);
  const auto at = waiting_.size();
  waiting_.resize(at + row_bytes_);
  if (type_ == NpyType::float64) {
    std::memcpy(&waiting_[at], row.data(), row_bytes_);
  } else {
    for (std::size_t j = 0; j < row_values_; ++j) {
      const float value = static_cast<float>(row[j]);
      std::memcpy(&waiting_[at + 4 * j], &value, 4);
    }
  }
  waiting_row_.push_back(i);
  if (waiting_.size() >= waiting_bytes) flush();
}

void NpyWriter::fill_nan(std::int64_t i) {
  write_row(i, std::vector<double>(row_values_, std::numeric_limits<double>::quiet_NaN()));
}

// Neighbouring rows go out in one write.
void NpyWriter::flush() {
  const auto n = waiting_row_.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return waiting_row_[a] < waiting_row_[b]; });
  for (std::size_t i = 0; i < n;) {
    const auto first = waiting_row_[order[i]];
    sorted_.clear();
    for (auto row = first; i < n && waiting_row_[order[i]] == row; ++i, ++row) {
      const char* from = &waiting_[order[i] * row_bytes_];
      sorted_.insert(sorted_.end(), from, from + row_bytes_);
    }
    file_.put(sorted_.data(), sorted_.size(), header_ + first * static_cast<std::int64_t>(row_bytes_));
  }
  waiting_.clear(), waiting_row_.clear();
}

void NpyWriter::cut(std::int64_t rows) {
  shape_.at(0) = rows;
  const std::string text = header(shape_, type_, header_);
  file_.put(text.data(), text.size(), 0);
}

void NpyWriter::close() {
  flush();
  file_.resize(header_ + rows() * static_cast<std::int64_t>(row_bytes_));  // rows that nobody wrote are zero
  file_.close();
}

}  // namespace shockstep
