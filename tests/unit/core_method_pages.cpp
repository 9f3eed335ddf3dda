// docs/methods.md, docs/sde.md and docs/choose.md have a row for each method; in the first two it says what the method says of itself.
#include "support/methods.hpp"
#include "support/test.hpp"

#include "core/input_file.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

using namespace shockstep;

namespace {

/// Rows of the page's table of methods, sorted. A link is its text.
std::vector<std::string> rows_of(const std::string& page) {
  std::istringstream text(
      std::regex_replace(read_text(page, "cannot be read"), std::regex(R"(\[([^\]]*)\]\([^)]*\))"), "$1"));
  std::string line;
  while (std::getline(text, line) && !line.starts_with("| method | order")) {}
  std::getline(text, line);  // |---|
  std::vector<std::string> rows;
  while (std::getline(text, line) && line.starts_with("|")) rows.push_back(line);
  std::ranges::sort(rows);
  return rows;
}

std::string joined(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) row += " " + cell + (cell.empty() ? "|" : " |");
  return row;
}

std::string name_text(const MethodSpec& spec) {
  const std::string most = std::to_string(spec.orders.most), usual = std::to_string(spec.orders.usual);
  return spec.orders.most == 0 ? spec.name : std::string(spec.name) + ", `order` 1 to " + most + ", default " + usual;
}

std::string order_text(const MethodSpec& spec) {
  if (spec.orders.most == 0) return std::to_string(spec.convergence(spec.orders.usual));
  if (spec.highest > 0) return "order, " + std::to_string(spec.highest) + " at most";
  return spec.convergence(1) == 2 ? "order + 1" : "order";
}

}  // namespace

TEST_CASE("docs/methods.md has the methods of the ODE") {
  std::vector<std::string> wanted;
  for (const MethodSpec& spec : method_specs())
    if (spec.ode) wanted.push_back(joined({name_text(spec), order_text(spec), spec.formula, spec.agrees}));
  std::ranges::sort(wanted);
  CHECK(rows_of("docs/methods.md") == wanted);
}

TEST_CASE("docs/sde.md has those of the reverse SDE") {
  std::vector<std::string> wanted, rows = rows_of("docs/sde.md");
  for (const MethodSpec& spec : method_specs())
    if (!spec.ode) wanted.push_back(joined({spec.name, std::to_string(spec.orders.usual), spec.formula, spec.agrees}));
  std::ranges::sort(wanted);
  std::erase_if(rows, [](const std::string& row) { return row.starts_with("| multistep"); });  // the page is about it
  CHECK(rows == wanted);
}

TEST_CASE("docs/choose.md has those that choose their own steps") {
  const std::string page = read_text("docs/choose.md", "cannot be read");
  for (const MethodSpec& spec : method_specs())
    if (is_adaptive(method_named(spec.name).value()))
      CHECK(std::regex_search(page, std::regex("\n\\|[^|]*\\b" + std::string(spec.name) + "\\b[^|]*\\|")));
}
