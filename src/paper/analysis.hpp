/// What an analysis of the paper comes to: claims, tables and figures, as plain numbers.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace shockstep::paper {

using Values = std::vector<double>;

/// Two numbers that should agree, each computed in its own way.
struct Claim {
  std::string name;       ///< analysis.what
  std::string statement;  ///< what `found` is and what `expected` comes from
  double expected = 0;
  double found = 0;
  double tolerance = 0;  ///< on |found - expected|: rounding, a truncation that the statement names, or statistics
  bool passed() const { return std::abs(found - expected) <= tolerance; }  ///< false for NaN
};

/// A CSV file.
struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::vector<Values> rows;
};

struct Axis {
  std::string name;
  bool log = false;
  bool falling = false;  ///< drawn from large to small
};

struct Series {
  enum class Style { line, dashed, dots };
  std::string name;
  Values x, y;
  Style style = Style::line;
};

/// A density on a regular grid, and arrows over it.
struct Plane {
  Values x, y;     ///< the grid's lines, ascending
  Values density;  ///< [y.size(), x.size()]
  struct Arrow {
    double x, y, dx, dy;  ///< where it begins, and its length in data units
  };
  std::vector<Arrow> arrows;
};

struct Figure {
  std::string key, title;
  std::string explain;  ///< one or two sentences
  Axis x, y;
  std::vector<Series> series{};
  std::optional<Plane> plane{};
};

struct Analysis {
  std::string key, title;
  std::string config;  ///< name of the file in configs/papers whose problem it analyses
  std::vector<Claim> claims{};
  std::vector<Table> tables{};
  std::vector<Figure> figures{};
};

}  // namespace shockstep::paper
