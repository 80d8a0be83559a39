// How a value lies in memory.
#pragma once

#include <dnnl.hpp>

namespace vitrine {

/// Whether it is of four dimensions, dense, and in this order: nhwc has channels innermost.
inline bool lies_as(dnnl::memory::format_tag order, const dnnl::memory::desc& desc) {
  return desc.get_ndims() == 4 &&
         desc == dnnl::memory::desc(desc.get_dims(), desc.get_data_type(), order);
}

}  // namespace vitrine
