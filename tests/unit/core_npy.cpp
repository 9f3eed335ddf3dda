#include "support/test.hpp"

#include "core/npy.hpp"

#include <shockstep/error.hpp>

#include <unistd.h>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>

using namespace shockstep;

namespace {

// A folder that is gone when the test ends.
struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("shockstep_npy_" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
};

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

template <class T>
std::string raw(std::vector<T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// As numpy.save writes it, in version `major`.
std::string npy(const std::string& descr, const std::string& shape, const std::string& data, int major = 1) {
  std::string text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  const std::size_t lead = major == 1 ? 10 : 12;
  while ((lead + text.size() + 1) % 64) text += ' ';
  text += '\n';
  std::string out = "\x93NUMPY";
  out += static_cast<char>(major), out += '\0';
  for (std::size_t i = 0; i < lead - 8; ++i) out += static_cast<char>(text.size() >> 8 * i & 255);
  return out + text + data;
}

std::string refusal(const std::string& path) {
  try {
    read_npy(path);
  } catch (const FileError& e) {
    const std::string what = e.what();
    CHECK(what.starts_with(path + ": "));
    CHECK(what.find('\n') == what.npos);
    return what.substr(path.size() + 2);
  }
  return "";
}

}  // namespace

TEST_CASE("An array that is cut is read with fewer rows") {
  const std::string path = (std::filesystem::temp_directory_path() / "shockstep_cut.npy").string();
  for (const std::int64_t rows : {0, 1, 9}) {
    NpyWriter out(path, {1'000'000'000'000, 2}, NpyType::float32);
    for (std::int64_t i = 0; i < rows; ++i)
      out.write_row(i, std::vector<double>{static_cast<double>(i), static_cast<double>(-i)});
    out.cut(rows);
    out.close();
    const NpyArray back = read_npy(path);
    CHECK(back.shape == std::vector<std::int64_t>{rows, 2});
    for (std::int64_t i = 0; i < rows; ++i)
      CHECK(back.values[static_cast<std::size_t>(2 * i)] == static_cast<double>(i));
  }
}

TEST_CASE("A shape is looked at before the numbers are read, and 4 2 is no 42") {
  const std::string path = (std::filesystem::temp_directory_path() / "shockstep_shape.npy").string();
  const auto write = [&](const std::string& shape, std::uintmax_t bytes) {
    std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }";
    header.resize(117, ' ');
    std::ofstream(path, std::ios::binary) << std::string("\x93NUMPY\1\0v\0", 10) + header + '\n';
    std::filesystem::resize_file(path, 128 + bytes);
  };
  write("(1250000000, 1)", 10'000'000'000);  // a file full of holes: 10 GB that take no room
  CHECK_THROWS_WITH(read_npy(path, [](const auto& shape) { throw FileError("x", std::to_string(shape[0])); }),
                    "x: 1250000000");
  write("(125000000000, 1)", 1'000'000'000'000);
  CHECK_THROWS_AS(read_npy(path), FileError);  // more than the memory of any machine
  write("(4 2)", 8 * 42);
  CHECK_THROWS_WITH(read_npy(path), path + ": has an absurd shape");
  write("( 4 , 2 )", 8 * 8);
  CHECK(read_npy(path).shape == std::vector<std::int64_t>{4, 2});
  std::filesystem::remove(path);
}

TEST_CASE("npy: all types and versions are read", "[npy]") {
  const Folder folder;
  const auto path = folder / "a.npy";
  const std::vector<double> want{1, -2, 3, 4, 5, 6};
  for (int version : {1, 2, 3}) {
    write(path, npy("<f8", "(2, 3)", raw<double>({1, -2, 3, 4, 5, 6}), version));
    CHECK(read_npy(path).values == want);
    CHECK(read_npy(path).shape == std::vector<std::int64_t>{2, 3});
  }
  write(path, npy("<f4", "(6,)", raw<float>({1, -2, 3, 4, 5, 6})));
  CHECK(read_npy(path).values == want);
  CHECK(read_npy(path).shape == std::vector<std::int64_t>{6});
  write(path, npy("<i4", "(3, 1, 2)", raw<std::int32_t>({1, -2, 3, 4, 5, 6})));
  CHECK(read_npy(path).values == want);
  write(path, npy("<i8", "(1,6)", raw<std::int64_t>({1, -2, 3, 4, 5, 6})));
  CHECK(read_npy(path).values == want);
  write(path, npy("|b1", "(3,)", raw<std::uint8_t>({1, 0, 1})));
  CHECK(read_npy(path).values == std::vector<double>{1, 0, 1});
  write(path, npy("|i1", "(6,)", raw<std::int8_t>({1, -2, 3, 4, 5, 6})));
  CHECK(read_npy(path).values == want);
  write(path, npy("<i2", "(6,)", raw<std::int16_t>({1, -2, 3, 4, 5, 6})));
  CHECK(read_npy(path).values == want);
  write(path, npy("|u1", "(3,)", raw<std::uint8_t>({0, 127, 255})));
  CHECK(read_npy(path).values == std::vector<double>{0, 127, 255});
  write(path, npy("<u2", "(2,)", raw<std::uint16_t>({0, 65535})));
  CHECK(read_npy(path).values == std::vector<double>{0, 65535});
  write(path, npy("<u4", "(2,)", raw<std::uint32_t>({0, 4294967295})));
  CHECK(read_npy(path).values == std::vector<double>{0, 4294967295});
  write(path, npy("<u8", "(2,)", raw<std::uint64_t>({0, 1ull << 63})));
  CHECK(read_npy(path).values == std::vector<double>{0, 0x1p63});
  write(path, npy("<f8", "()", raw<double>({7})));
  CHECK(read_npy(path).values == std::vector<double>{7});
  CHECK(read_npy(path).shape.empty());
  write(path, npy("<f8", "(0, 3)", ""));
  CHECK(read_npy(path).values.empty());
}

TEST_CASE("npy: float16 is read to the last bit", "[npy]") {
  const Folder folder;
  const auto path = folder / "a.npy";
  // 1, -2, the largest, the least normal and subnormal number, infinity: IEEE 754, table 3.5.
  write(path, npy("<f2", "(6,)", raw<std::uint16_t>({0x3c00, 0xc000, 0x7bff, 0x0400, 0x8001, 0x7c00})));
  CHECK(read_npy(path).values == std::vector<double>{1, -2, 65504, 0x1p-14, -0x1p-24, INFINITY});
  write(path, npy("<f2", "(1,)", raw<std::uint16_t>({0x7e00})));
  CHECK(std::isnan(read_npy(path).values[0]));
}

TEST_CASE("npy: either order of bytes and of dimensions is read", "[npy]") {
  const Folder folder;
  const auto path = folder / "a.npy";
  write(path, npy(">i2", "(2,)", raw<std::uint8_t>({0x01, 0x02, 0xff, 0xfe})));
  CHECK(read_npy(path).values == std::vector<double>{258, -2});
  write(path, npy(">f4", "(1,)", raw<std::uint8_t>({0x3f, 0x80, 0, 0})));
  CHECK(read_npy(path).values == std::vector<double>{1});
  // a[i][j][k] = 100 i + 10 j + k, the first index fastest.
  std::vector<double> columns, rows;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) columns.push_back(100 * i + 10 * j + k);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) rows.push_back(100 * i + 10 * j + k);
  auto fortran = npy("<f8", "(2, 3, 4)", raw<double>(columns));
  fortran.replace(fortran.find("False"), 5, "True ");
  write(path, fortran);
  CHECK(read_npy(path).values == rows);
}

TEST_CASE("npy: what cannot be read is refused in one sentence", "[npy]") {
  const Folder folder;
  const auto path = folder / "a.npy";
  const auto data = raw<double>({1, 2, 3, 4, 5, 6});
  const auto good = npy("<f8", "(2, 3)", data);
  const auto says = [&](const std::string& bytes, const std::string& part) {
    write(path, bytes);
    const auto text = refusal(path);
    INFO(text);
    CHECK(text.find(part) != text.npos);
  };
  CHECK(refusal(folder / "missing.npy").find("No such file") != std::string::npos);
  CHECK(refusal(folder.path.string()) == "is not a file");
  says("", "no .npy file");
  says("PK\x03\x04 and more of a zip", "no .npy file");
  for (std::size_t n = 1; n < good.size(); ++n) {
    write(path, good.substr(0, n));
    CHECK(!refusal(path).empty());
  }
  says(npy("<f8", "(2, 3)", data.substr(8)), "cut off: its shape needs 6 numbers, it holds 5");
  says(npy("<f8", "(4294967296, 4294967296, 4294967296)", data), "absurd shape");
  says(npy("<f8", "(99999999999999999999999, 1)", data), "absurd shape");
  says(npy("<f8", "(1000000000000,)", data), "cut off");
  says(npy("<f8", "(-2, 3)", data), "absurd shape");
  says(npy("<f8", "(2,, 3)", data), "absurd shape");
  says(npy("<f8", "2", data), "without shape");
  says(npy("<c16", "(3,)", data), "holds '<c16'");
  says(npy("<c8", "(6,)", data), "holds '<c8'");
  says(npy("<f1", "(6,)", data), "holds '<f1'");
  says(npy("<U4", "(6,)", data), "holds '<U4'");
  says(npy("?f8", "(6,)", data), "holds '?f8'");
  says(npy("|O", "(6,)", data), "holds '|O'");
  says(npy("<f80", "(6,)", data), "holds '<f80'");
  says(npy("<f8", "(6,)", data, 4), "version 4");
  says(good + std::string(100, '\0'), "holds 100 bytes more than its shape needs");
  says(npy("<f8", "(2 3)", data), "absurd shape");
  auto nameless = good;
  nameless.replace(nameless.find("descr"), 5, "descs");
  says(nameless, "without descr");
  // A header that claims four gigabytes.
  says(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12) + "{}", "cut off in its header");
}

TEST_CASE("npy: rows come back wherever and in whatever order they were written", "[npy]") {
  const Folder folder;
  const auto path = folder / "a.npy";
  const auto type = GENERATE(NpyType::float32, NpyType::float64);
  constexpr std::int64_t n = 100000;
  std::vector<std::int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  const auto value = [](std::int64_t i, int j) { return .25 * static_cast<double>(i) + j; };  // exact in float32
  {
    NpyWriter out(path, {n, 1, 3}, type);
    for (auto i : order) {
      if (i % 10 == 7) continue;
      if (i % 100 == 3) out.write_row(i, std::vector<double>{-1, -1, -1});
      out.write_row(i, std::vector<double>{value(i, 0), value(i, 1), value(i, 2)});
    }
    for (std::int64_t i = 7; i < n; i += 10) out.fill_nan(i);
    CHECK(!std::filesystem::exists(path));
    out.close();
  }
  CHECK(!std::filesystem::exists(path + ".part"));
  const auto back = read_npy(path);
  REQUIRE(back.shape == std::vector<std::int64_t>{n, 1, 3});
  bool same = true;
  for (std::int64_t i = 0; i < n; ++i)
    for (int j = 0; j < 3; ++j) {
      const double v = back.values[static_cast<std::size_t>(3 * i + j)];
      same = same && (i % 10 == 7 ? std::isnan(v) : v == value(i, j));
    }
  CHECK(same);
}

TEST_CASE("npy: the file is byte for byte numpy's", "[npy]") {
  const Folder folder;
  const auto path = folder / "a.npy";
  NpyWriter out(path, {2}, NpyType::float64);
  out.write_row(1, std::vector<double>{2});
  out.write_row(0, std::vector<double>{1});
  out.close();
  CHECK(bytes_of(path) == npy("<f8", "(2,)", raw<double>({1, 2})));
}

TEST_CASE("npy: an unfinished file leaves nothing, an unwritable one is an error", "[npy]") {
  const Folder folder;
  const auto path = folder / "a.npy";
  {
    NpyWriter out(path, {2}, NpyType::float64);
    CHECK(std::filesystem::exists(path + ".part"));
  }
  CHECK(std::filesystem::is_empty(folder.path));
  CHECK_THROWS_AS(NpyWriter(folder / "missing/a.npy", {2}, NpyType::float64), FileError);
}

TEST_CASE("npy: a million rows of two numbers cost little", "[npy]") {
  const Folder folder;
  constexpr std::int64_t n = 1000000;
  const auto begin = std::chrono::steady_clock::now();
  NpyWriter out(folder / "a.npy", {n, 2}, NpyType::float64);
  // Blocks of 256 rows in reverse: as disordered as a run's.
  for (std::int64_t block = 0; block < n; block += 256)
    for (std::int64_t i = std::min(block + 256, n) - 1; i >= block; --i)
      out.write_row(i, std::vector<double>{1. * static_cast<double>(i), 0});
  out.close();
  // Measured 0.1 s; the sampling of as many takes several seconds. Generous for slow disks and sanitizers.
  CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < 5);
}
