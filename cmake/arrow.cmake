# Arrow's C++ library, which reads Parquet: see scripts/arrow. Without it the target `arrow` is missing, and so is the module.
set(VITRINE_ARROW_DIR "" CACHE PATH "the folder that scripts/arrow prints; empty: build without Parquet and Arrow")
if(VITRINE_ARROW_DIR)
  add_library(arrow INTERFACE)
  target_include_directories(arrow SYSTEM INTERFACE ${VITRINE_ARROW_DIR}/include)
  target_link_libraries(arrow INTERFACE ${VITRINE_ARROW_DIR}/libparquet.so ${VITRINE_ARROW_DIR}/libarrow.so)
else()
  message(STATUS "Parquet and Arrow files will not be read: VITRINE_ARROW_DIR is not set")
endif()
