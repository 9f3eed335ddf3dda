#include "output/report/page.hpp"

#include "output/report/assets.hpp"

#include <string_view>
#include <utility>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  return out;
}

// JSON inside <script>: no text of it may end the element, whatever the config or an error message says.
std::string script_safe(const Json& data) {
  std::string out;
  for (const char c : data.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string html_page(const Json& data) {
  const std::string title = escaped(data.at("title").get<std::string>()), json = script_safe(data);
  const std::pair<std::string_view, std::string_view> parts[] = {{"{{title}}", title},
                                                                 {"{{style}}", assets::style},
                                                                 {"{{library}}", assets::library},
                                                                 {"{{data}}", json},
                                                                 {"{{script}}", assets::script}};
  // One pass over the template: what is put in is never searched.
  std::string out;
  std::string_view rest = assets::page;
  for (auto at = rest.find("{{"); at != rest.npos; at = rest.find("{{")) {
    out += rest.substr(0, at);
    rest.remove_prefix(at);
    bool known = false;
    for (const auto& [mark, text] : parts) {
      if (!rest.starts_with(mark)) continue;
      out += text;
      rest.remove_prefix(mark.size());
      known = true;
      break;
    }
    if (!known) out += "{{", rest.remove_prefix(2);
  }
  return out += rest;
}

}  // namespace shockstep
