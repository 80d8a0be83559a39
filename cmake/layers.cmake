# What src/*/CMakeLists.txt are made of. tests/project/layers.sh holds their links to the layer table of ARCHITECTURE.md.

# vitrine_library(NAME [FOLDERS sub...] [TEST_PROGRAM program] [LINKS target...])
# The static library vitrine_NAME of every *.cpp in this folder (and in FOLDERS), tests and a module's entry point apart.
# Its *_test.cpp go into TEST_PROGRAM (unit_tests where none is named).
function(vitrine_library name)
  cmake_parse_arguments(PARSE_ARGV 1 library "" "TEST_PROGRAM" "FOLDERS;LINKS")
  set(patterns *.cpp)
  foreach(folder IN LISTS library_FOLDERS)
    list(APPEND patterns ${folder}/*.cpp)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS LIST_DIRECTORIES false ${patterns})
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  if(NOT name STREQUAL base)  # base/module.cpp is how modules are loaded
    list(FILTER sources EXCLUDE REGEX "/module\\.cpp$")
  endif()
  add_library(vitrine_${name} STATIC ${sources})
  target_include_directories(vitrine_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(vitrine_${name} PUBLIC ${library_LINKS})
  if(NOT library_TEST_PROGRAM)
    set(library_TEST_PROGRAM unit_tests)
  endif()
  set_property(GLOBAL APPEND PROPERTY ${library_TEST_PROGRAM}_sources ${tests})
  set_property(GLOBAL APPEND PROPERTY ${library_TEST_PROGRAM}_libraries vitrine_${name})
endfunction()

# vitrine_module(MODULE LIBRARY [target...])
# A layer that is loaded when it is needed: lib/vitrine/libvitrine-MODULE.so of this folder's module.cpp and vitrine_LIBRARY.
function(vitrine_module module library)
  add_library(vitrine-${module} MODULE module.cpp)
  target_link_libraries(vitrine-${module} PRIVATE vitrine_${library} ${ARGN})
  target_link_options(vitrine-${module} PRIVATE -Wl,-z,defs)
  set_target_properties(vitrine-${module} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/vitrine)
endfunction()

# The modules that a server may need; the others train.
set(server_modules vitrine-ort vitrine-cnn vitrine-grpc vitrine-curl)
# Those that read tables from files of other programs.
set(table_modules vitrine-spreadsheet vitrine-database)
if(TARGET arrow)
  list(APPEND table_modules vitrine-arrow)
endif()
