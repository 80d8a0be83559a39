#include "train/photo/photo_cross_fit.h"

#include <gtest/gtest.h>

#include <map>

#include "train/photo/softmax_head.h"

namespace vitrine::train {
namespace {

PhotoSet photos(std::size_t count) {
  PhotoSet set;
  for (std::size_t i = 0; i < count; ++i) {
    set.paths.emplace_back(std::to_string(i));
    set.labels.push_back(static_cast<int>(i % 3));
    set.groups.push_back(i / 6);  // groups of six, with all classes
  }
  return set;
}

TEST(Deal, KeepsIdenticalPhotosTogether) {
  const PhotoSet set = photos(120);
  const auto fold = deal(set, 1, 5);
  std::map<std::size_t, std::uint8_t> of_group;
  for (std::size_t i = 0; i < fold.size(); ++i) {
    EXPECT_EQ(of_group.emplace(set.groups[i], fold[i]).first->second, fold[i]);
    EXPECT_LT(fold[i], 5);
  }
}

TEST(Deal, StratifiesByClass) {
  PhotoSet set = photos(150);
  for (std::size_t i = 0; i < 150; ++i) set.groups[i] = i;
  std::map<std::pair<int, int>, int> counts;
  const auto fold = deal(set, 1, 5);
  for (std::size_t i = 0; i < 150; ++i) ++counts[{set.labels[i], fold[i]}];
  for (const auto& [place, count] : counts) EXPECT_EQ(count, 10);
}

TEST(CrossFitted, NoPhotoIsUsedForItsOwnChoice) {
  // Two candidates, of which one is right only in fold 0. The other folds do not choose it; all
  // photos together would.
  PhotoSet set = photos(90);
  for (std::size_t i = 0; i < 90; ++i) set.groups[i] = i;
  const auto fold = deal(set, 3, 5);
  Candidates candidates;
  candidates.logits.assign(2, std::vector<float>(90 * 3, 0));
  for (std::size_t i = 0; i < 90; ++i) {
    const auto label = static_cast<std::size_t>(set.labels[i]);
    candidates.logits[0][i * 3 + label] = 3;                                     // right everywhere
    candidates.logits[1][i * 3 + (fold[i] == 0 ? label : (label + 1) % 3)] = 9;  // only in fold 0
  }
  const auto p = cross_fitted(candidates, set, 3, 3);
  for (std::size_t i = 0; i < 90; ++i) {
    if (fold[i] != 0) continue;
    // The other folds chose candidate 0 and its temperature.
    EXPECT_GT(p[i * 3 + static_cast<std::size_t>(set.labels[i])], 0.5);
    EXPECT_LT(p[i * 3 + static_cast<std::size_t>(set.labels[i])], 1 - 1e-7);
  }
}

TEST(LabelIssues, ArePhotosThatOtherPhotosContradict) {
  std::vector<float> p;
  std::vector<int> labels;
  for (int i = 0; i < 40; ++i) {
    const int label = i % 2;
    labels.push_back(label);
    const float sure = i == 7 ? 0.05F : i == 8 ? 0.45F : 0.9F;  // of its own label
    p.push_back(label == 0 ? sure : 1 - sure);
    p.push_back(label == 1 ? sure : 1 - sure);
  }
  const auto found = find_label_issues(p, labels, 2);
  ASSERT_EQ(found.size(), 1U);  // 0.55 for the other class is less than its photos get on average
  EXPECT_EQ(found[0].photo, 7U);
  EXPECT_EQ(found[0].believed, 0);
}

}  // namespace
}  // namespace vitrine::train
