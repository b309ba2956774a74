import type { CodegenConfig } from '@graphql-codegen/cli'

// Every document is written in src/data/documents.graphql and typed from the schema that the server prints.
export default {
  schema: process.env.SOCIAL_SCHEMA ?? '../schema/social.graphql',
  documents: 'src/**/*.graphql',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        scalars: { uuid: 'string', timestamptz: 'string', jsonb: 'unknown', numeric: 'string', date: 'string' },
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
      },
    },
  },
} satisfies CodegenConfig
