# Embeds the files of a page into a C++ source as raw strings.
#   cmake -DOUTPUT=FILE.cpp -DPAGE=.. -DSTYLE=.. -DSCRIPT="A.js|B.js" -DLIBRARY=.. -P ShockstepPage.cmake
set(mark SHOCKSTEP_FILE)  # ends a raw string; no file holds it

file(WRITE ${OUTPUT} "#include \"output/report/assets.hpp\"\n\nnamespace shockstep::assets {\n")
foreach(name PAGE STYLE SCRIPT LIBRARY)
  string(TOLOWER ${name} variable)
  file(APPEND ${OUTPUT} "const std::string_view ${variable} =")
  string(REPLACE "|" ";" files "${${name}}")
  foreach(file ${files})
    file(READ ${file} text)
    file(APPEND ${OUTPUT} "\n    R\"${mark}(${text})${mark}\"")
  endforeach()
  file(APPEND ${OUTPUT} ";\n")
endforeach()
file(APPEND ${OUTPUT} "}  // namespace shockstep::assets\n")
