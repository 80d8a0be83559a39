// The photo half of `vitrine describe`.
#pragma once

#include <string>

namespace vitrine {

/// Prints what `folder` holds: classes, formats, sizes, files that can't be used,
/// photos in two classes. Throws Error.
void describe_photos(const std::string& folder, bool json);

}  // namespace vitrine
