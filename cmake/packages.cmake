# Debian packages: `vitrine` is all of it, `vitrine-serve` what a server needs; one takes the other's place. `libvitrine1` is the C
# library, which loads the engines of either; `libvitrine-dev` what programs are compiled with.

# What a program says of itself: its manual and what shells complete.
function(vitrine_manual program)
  set(made ${CMAKE_BINARY_DIR}/manual/${program})
  add_custom_command(OUTPUT ${made}/${program}.1.gz
    COMMAND ${CMAKE_COMMAND} -E make_directory ${made}
    COMMAND ${program} manual > ${made}/${program}.1
    COMMAND gzip -9nf ${made}/${program}.1
    COMMAND ${program} completion bash > ${made}/${program}
    COMMAND ${program} completion zsh > ${made}/_${program}
    COMMAND ${program} completion fish > ${made}/${program}.fish
    DEPENDS ${program} VERBATIM)
  add_custom_target(${program}-manual ALL DEPENDS ${made}/${program}.1.gz)
endfunction()
vitrine_manual(vitrine)
vitrine_manual(vitrine-serve)

function(vitrine_install component)
  cmake_parse_arguments(PARSE_ARGV 1 what "" "" "PROGRAMS;MODULES")
  install(TARGETS ${what_PROGRAMS} RUNTIME DESTINATION bin COMPONENT ${component})
  # A folder that ldconfig does not look at.
  install(TARGETS ${what_MODULES} LIBRARY DESTINATION lib/${CMAKE_LIBRARY_ARCHITECTURE}/vitrine COMPONENT ${component}
    PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  foreach(program ${what_PROGRAMS})
    set(made ${CMAKE_BINARY_DIR}/manual/${program})
    install(FILES ${made}/${program}.1.gz DESTINATION share/man/man1 COMPONENT ${component})
    install(FILES ${made}/${program} DESTINATION share/bash-completion/completions COMPONENT ${component})
    install(FILES ${made}/_${program} DESTINATION share/zsh/vendor-completions COMPONENT ${component})
    install(FILES ${made}/${program}.fish DESTINATION share/fish/vendor_completions.d COMPONENT ${component})
  endforeach()
  install(FILES README.md DESTINATION share/doc/${component} COMPONENT ${component})
  install(FILES ${CMAKE_SOURCE_DIR}/cmake/debian/copyright DESTINATION share/doc/${component} COMPONENT ${component})
  install(FILES ${CMAKE_BINARY_DIR}/manual/changelog.gz DESTINATION share/doc/${component} COMPONENT ${component})
endfunction()
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/manual/changelog.gz
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/manual
  COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/cmake/debian/changelog > ${CMAKE_BINARY_DIR}/manual/changelog.gz
  DEPENDS cmake/debian/changelog VERBATIM)
add_custom_target(changelog ALL DEPENDS ${CMAKE_BINARY_DIR}/manual/changelog.gz)
vitrine_install(vitrine PROGRAMS vitrine vitrine-serve MODULES ${server_modules} vitrine-spreadsheet vitrine-database vitrine-nn vitrine-learn vitrine-hdf5)
vitrine_install(vitrine-serve PROGRAMS vitrine-serve MODULES ${server_modules} vitrine-spreadsheet vitrine-database)

# Licences of what is in no Debian package, for packages that the program makes.
set(notices ${CMAKE_BINARY_DIR}/lib/vitrine/notices)
configure_file(LICENSE ${notices}/vitrine.txt COPYONLY)
foreach(component vitrine vitrine-serve)
  install(FILES ${notices}/vitrine.txt DESTINATION lib/${CMAKE_LIBRARY_ARCHITECTURE}/vitrine/notices COMPONENT ${component})
endforeach()

# Arrow's library is no package of Debian: the module has its own copy beside it.
if(TARGET arrow)
  set(module_folder lib/${CMAKE_LIBRARY_ARCHITECTURE}/vitrine)
  set_target_properties(vitrine-arrow PROPERTIES INSTALL_RPATH "$ORIGIN")
  install(TARGETS vitrine-arrow LIBRARY DESTINATION ${module_folder} COMPONENT vitrine-arrow
    PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  file(GLOB arrow_libraries ${VITRINE_ARROW_DIR}/lib*.so.*)
  foreach(library ${arrow_libraries})
    get_filename_component(name ${library} NAME)
    add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/arrow/${name}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/arrow
      COMMAND ${CMAKE_STRIP} --strip-unneeded --remove-section=.comment -o ${CMAKE_BINARY_DIR}/arrow/${name} ${library}
      DEPENDS ${library} VERBATIM)
    list(APPEND stripped_libraries ${CMAKE_BINARY_DIR}/arrow/${name})
  endforeach()
  add_custom_target(arrow-libraries ALL DEPENDS ${stripped_libraries})
  install(FILES ${stripped_libraries} DESTINATION ${module_folder} COMPONENT vitrine-arrow)
  file(READ ${VITRINE_ARROW_DIR}/LICENSE.txt arrow_licence)
  file(READ ${VITRINE_ARROW_DIR}/NOTICE.txt arrow_notice)
  file(CONFIGURE OUTPUT ${notices}/arrow.txt CONTENT "@arrow_notice@\n@arrow_licence@" @ONLY)
  install(FILES ${notices}/arrow.txt DESTINATION ${module_folder}/notices COMPONENT vitrine-arrow)
  install(FILES ${CMAKE_SOURCE_DIR}/cmake/debian/overrides-arrow DESTINATION share/lintian/overrides COMPONENT vitrine-arrow
    RENAME vitrine-arrow)
  install(FILES ${VITRINE_ARROW_DIR}/NOTICE.txt ${VITRINE_ARROW_DIR}/LICENSE.txt DESTINATION share/doc/vitrine-arrow
    COMPONENT vitrine-arrow)
  install(FILES ${CMAKE_SOURCE_DIR}/cmake/debian/copyright-arrow DESTINATION share/doc/vitrine-arrow COMPONENT vitrine-arrow
    RENAME copyright)
  install(FILES ${CMAKE_BINARY_DIR}/manual/changelog.gz DESTINATION share/doc/vitrine-arrow COMPONENT vitrine-arrow)
endif()

set(library_folder lib/${CMAKE_LIBRARY_ARCHITECTURE})
install(TARGETS libvitrine LIBRARY DESTINATION ${library_folder} COMPONENT libvitrine1 NAMELINK_COMPONENT libvitrine-dev
  PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
install(FILES include/vitrine/vitrine.h DESTINATION include/vitrine COMPONENT libvitrine-dev)
install(FILES ${CMAKE_BINARY_DIR}/src/capi/vitrine.pc DESTINATION ${library_folder}/pkgconfig COMPONENT libvitrine-dev)
install(FILES ${CMAKE_BINARY_DIR}/src/capi/VitrineConfig.cmake ${CMAKE_BINARY_DIR}/src/capi/VitrineConfigVersion.cmake
  DESTINATION ${library_folder}/cmake/Vitrine COMPONENT libvitrine-dev)
install(FILES examples/c-api/predict.c examples/c-api/columns.cpp DESTINATION share/doc/libvitrine-dev/examples
  COMPONENT libvitrine-dev)
foreach(component libvitrine1 libvitrine-dev)
  install(FILES ${CMAKE_SOURCE_DIR}/cmake/debian/copyright DESTINATION share/doc/${component} COMPONENT ${component})
  install(FILES ${CMAKE_BINARY_DIR}/manual/changelog.gz DESTINATION share/doc/${component} COMPONENT ${component})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME vitrine)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The founders of Vitrine <vitrine@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL vitrine vitrine-serve libvitrine1 libvitrine-dev)
if(TARGET arrow)
  list(APPEND CPACK_COMPONENTS_ALL vitrine-arrow)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${VITRINE_ARROW_DIR})
endif()
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_VITRINE_PACKAGE_NAME vitrine)
set(CPACK_DEBIAN_VITRINE_PACKAGE_SECTION science)
set(CPACK_DEBIAN_VITRINE_PACKAGE_PROVIDES "vitrine-serve (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_VITRINE_PACKAGE_CONFLICTS vitrine-serve)
set(CPACK_DEBIAN_VITRINE_PACKAGE_REPLACES vitrine-serve)
set(CPACK_DEBIAN_VITRINE_PACKAGE_RECOMMENDS "ca-certificates, libheif-plugin-libde265, vitrine-arrow")
set(CPACK_COMPONENT_VITRINE_DESCRIPTION
"train models of tables and photos, and serve them
Turns a CSV table or a folder of photos into a model that people can call:
trains it, saves it as one ONNX file, serves it over HTTP, and packs it for
where it will run.")
set(CPACK_DEBIAN_VITRINE-SERVE_PACKAGE_NAME vitrine-serve)
set(CPACK_DEBIAN_VITRINE-SERVE_PACKAGE_SECTION science)
set(CPACK_DEBIAN_VITRINE-SERVE_PACKAGE_RECOMMENDS "ca-certificates, libheif-plugin-libde265")
set(CPACK_COMPONENT_VITRINE-SERVE_DESCRIPTION
"serve models of tables and photos over HTTP
Serves models that Vitrine trained, and other ONNX files, over HTTP and gRPC,
and scores files with them. This is the server alone: the package vitrine,
which takes its place, trains too.")
set(CPACK_DEBIAN_VITRINE-ARROW_PACKAGE_NAME vitrine-arrow)
set(CPACK_DEBIAN_VITRINE-ARROW_PACKAGE_SECTION science)
set(CPACK_DEBIAN_VITRINE-ARROW_PACKAGE_DEPENDS "vitrine-serve (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_VITRINE-ARROW_DESCRIPTION
"read Parquet and Arrow files with Vitrine
The module that reads tables in Parquet, Feather and Arrow IPC, with Arrow's
C++ library, which Debian does not have.")
set(CPACK_DEBIAN_LIBVITRINE1_PACKAGE_NAME libvitrine1)
set(CPACK_DEBIAN_LIBVITRINE1_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBVITRINE1_PACKAGE_DEPENDS "vitrine-serve (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_LIBVITRINE1_PACKAGE_CONTROL_EXTRA
  ${CMAKE_SOURCE_DIR}/cmake/debian/triggers ${CMAKE_SOURCE_DIR}/cmake/debian/shlibs)
set(CPACK_COMPONENT_LIBVITRINE1_DESCRIPTION
"predict with models of tables and photos: the C library
Opens models that Vitrine trained, and other ONNX classifiers that it imported,
in the process of another program, and predicts rows and photos.")
set(CPACK_DEBIAN_LIBVITRINE-DEV_PACKAGE_NAME libvitrine-dev)
set(CPACK_DEBIAN_LIBVITRINE-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBVITRINE-DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_LIBVITRINE-DEV_PACKAGE_DEPENDS "libvitrine1 (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_LIBVITRINE-DEV_DESCRIPTION
"predict with models of tables and photos: what programs are compiled with
The header, the pkg-config file and the CMake package of libvitrine, and two
examples.")
include(CPack)
