#include "core/npy.hpp"

#include "core/free_memory.hpp"
#include "core/input_file.hpp"
#include "core/text.hpp"

#include <shockstep/error.hpp>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
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

// Of the numbers: those that are read, in the order of rows where the file has another, and the tensor made of them.
constexpr std::uint64_t copies = 2, copies_of_columns = 3;

/// IEEE 754 binary16, which the language has no type for.
struct Half {
  std::uint16_t bits;
  explicit operator double() const {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double size =
        exponent == 31 ? (fraction ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity())
        : exponent == 0 ? std::ldexp(fraction, -24)
                        : std::ldexp(1024 + fraction, exponent - 25);
    return bits >> 15 ? -size : size;
  }
};

/// What 'descr' of a header says: "'<f4'".
struct NumberType {
  char order = '|', kind = ' ';  ///< as NumPy writes them
  std::size_t bytes = 0;
};

/// From column-major.
std::vector<double> row_major(const std::vector<double>& values, const std::vector<std::int64_t>& shape) {
  std::vector<double> out;
  out.reserve(values.size());
  std::vector<std::int64_t> index(shape.size()), stride(shape.size(), 1);
  for (std::size_t d = 1; d < shape.size(); ++d) stride[d] = stride[d - 1] * shape[d - 1];
  std::int64_t from = 0;
  while (out.size() < values.size()) {
    out.push_back(values[static_cast<std::size_t>(from)]);
    for (std::size_t d = shape.size(); d-- > 0;) {
      from += stride[d];
      if (++index[d] < shape[d]) break;
      from -= stride[d] * shape[d], index[d] = 0;
    }
  }
  return out;
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
    const NumberType type = number_type(entry(header, "descr"));
    const std::string order = entry(header, "fortran_order");
    const bool fortran = order.starts_with("True");
    if (!fortran && !order.starts_with("False")) fail("has a header without fortran_order");
    NpyArray out{.shape = shape(entry(header, "shape")), .values = {}, .kind = type.kind};

    std::uint64_t count = 1;  // overflow means more than any file holds
    for (auto n : out.shape)
      if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(n), &count)) fail("has an absurd shape");
    if (count > left_ / type.bytes)
      fail("is cut off: its shape needs " + std::to_string(count) + " numbers, it holds " +
           std::to_string(left_ / type.bytes));
    if (const auto more = left_ - count * type.bytes; more > 0)
      fail("holds " + std::to_string(more) + " bytes more than its shape needs");
    if (check_) check_(out.shape);
    const std::uint64_t each = (fortran ? copies_of_columns : copies) * sizeof(double), free = free_memory();
    if (count > free / each)
      fail("holds " + std::to_string(count) + " numbers, which take " + gigabytes(static_cast<double>(count * each)) +
           ", and " + gigabytes(static_cast<double>(free)) + " of memory are free; take fewer rows");
    out.values.resize(count);
    read_numbers(type, out.values);
    if (fortran) out.values = row_major(out.values, out.shape);
    return out;
  }

  // Throws for what is no real number: complex, text, objects, records.
  NumberType number_type(const std::string& text) const {
    const std::string name = text.substr(0, std::min(text.find(','), text.find('}')));
    NumberType out;
    if (name.size() >= 5 && name.size() <= 6 && name.front() == '\'' && name[4] == '\'')
      out = {.order = name[1], .kind = name[2], .bytes = static_cast<std::size_t>(name[3] - '0')};
    const std::string sizes = out.kind == 'b' ? "1" : out.kind == 'f' ? "248" : "1248";
    if (!std::strchr("<>|=", out.order) || !std::strchr("biuf", out.kind) || out.kind == ' ' ||
        sizes.find(static_cast<char>('0' + out.bytes)) == sizes.npos)
      fail("holds " + printable(name, 20) +
           ", expected float16, float32, float64, bool, or whole numbers of 8 to 64 bits");
    return out;
  }

  void read_numbers(const NumberType& type, std::vector<double>& values) {
    const bool swapped = type.order == '>';
    const auto of = [&](auto one, auto two, auto four, auto eight) {
      if (type.bytes == 1) return numbers<decltype(one)>(values, swapped);
      if (type.bytes == 2) return numbers<decltype(two)>(values, swapped);
      if (type.bytes == 4) return numbers<decltype(four)>(values, swapped);
      numbers<decltype(eight)>(values, swapped);
    };
    if (type.kind == 'f')
      of(std::uint8_t(), Half(), float(), double());
    else if (type.kind == 'i')
      of(std::int8_t(), std::int16_t(), std::int32_t(), std::int64_t());
    else
      of(std::uint8_t(), std::uint16_t(), std::uint32_t(), std::uint64_t());
  }

  template <class T>
  void numbers(std::vector<double>& values, bool swapped) {
    std::vector<T> chunk(1 << 16);
    for (std::size_t i = 0; i < values.size();) {
      const std::size_t n = std::min(chunk.size(), values.size() - i);
      take(chunk.data(), n * sizeof(T));
      if (swapped)
        for (T& value : chunk) std::ranges::reverse(std::as_writable_bytes(std::span(&value, 1)));
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
      word.erase(0, std::min(word.find_first_not_of(' '), word.size()));
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
