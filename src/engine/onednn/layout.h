// Memory layouts of values.
#pragma once

#include <dnnl.hpp>

namespace vitrine::engine {

/// True if the value has four dimensions and is dense in this order (nhwc: channels last).
inline bool lies_as(dnnl::memory::format_tag order, const dnnl::memory::desc& desc) {
  return desc.get_ndims() == 4 &&
         desc == dnnl::memory::desc(desc.get_dims(), desc.get_data_type(), order);
}

}  // namespace vitrine::engine
