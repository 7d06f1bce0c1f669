//! Three-way merge: of commits' histories, trees and texts.
