# cmake --install, and find_package(Shockstep) for programs that embed the library.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Shockstep)
install(TARGETS shockstep_core shockstep EXPORT ShockstepTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/shockstep DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp)
install(EXPORT ShockstepTargets NAMESPACE Shockstep:: DESTINATION ${package_folder})

configure_package_config_file(tools/cmake/ShockstepConfig.cmake.in ${CMAKE_BINARY_DIR}/ShockstepConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ShockstepConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ShockstepConfig.cmake ${CMAKE_BINARY_DIR}/ShockstepConfigVersion.cmake tools/cmake/FindTorch.cmake
        DESTINATION ${package_folder})

# For other build systems: pkg-config --cflags --libs shockstep. Paths of its own are relative, so the folder may move.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(tools/cmake/shockstep.pc.in ${CMAKE_BINARY_DIR}/shockstep.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/shockstep.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET shockstep_program)
  install(TARGETS shockstep_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  add_custom_command(TARGET shockstep_program POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:shockstep_program> -DVERSION=${PROJECT_VERSION} -DOUTPUT=${CMAKE_BINARY_DIR}/shockstep.1
            -P ${CMAKE_CURRENT_SOURCE_DIR}/tools/cmake/ShockstepManual.cmake)
  install(FILES ${CMAKE_BINARY_DIR}/shockstep.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES tools/completion/shockstep.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME shockstep)
  install(FILES tools/completion/shockstep.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
