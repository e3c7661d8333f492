export {
  defaultPromptSet,
  type LabelPrompts,
  type PromptSetName,
  type Prompts,
  promptSet,
  promptSetNames,
  readPromptFile,
  readPrompts,
} from './prompts.js'
export {
  DEFAULT_TEMPERATURE,
  embedLabels,
  ensemble,
  type LabelEmbeddings,
  type LabelScore,
  promptTexts,
  scoreLabels,
} from './scores.js'
