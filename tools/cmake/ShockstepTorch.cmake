# Finds Torch: Torch_DIR or CMAKE_PREFIX_PATH if given, else the one in .venv, else the one of the active Python.
# Python is asked where the package lies; importing it would take seconds.
if(NOT Torch_DIR)
  foreach(python ${CMAKE_CURRENT_SOURCE_DIR}/.venv/bin/python python3)
    execute_process(COMMAND ${python} -c "import importlib.util as u; print(u.find_spec('torch').origin.rsplit('/', 1)[0])"
                    OUTPUT_VARIABLE torch_folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE torch_missing)
    if(NOT torch_missing AND EXISTS ${torch_folder}/share/cmake/Torch)
      list(APPEND CMAKE_PREFIX_PATH ${torch_folder}/share/cmake)
      break()
    endif()
  endforeach()
endif()
find_package(Torch 2.4 REQUIRED)
