/// A page of figures in one file: template, style, scripts and data.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace shockstep {

/// `data` is what the scripts find as `report`; data["title"] is the page's title.
std::string html_page(const nlohmann::ordered_json& data);

}  // namespace shockstep
