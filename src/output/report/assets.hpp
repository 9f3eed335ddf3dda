/// The files that a page is made of, embedded when the program is built (tools/cmake/ShockstepPage.cmake).
#pragma once

#include <string_view>

namespace shockstep::assets {

extern const std::string_view page;     ///< page.html
extern const std::string_view style;    ///< style.css
extern const std::string_view script;   ///< the files of js/, one after the other
extern const std::string_view library;  ///< Apache ECharts

}  // namespace shockstep::assets
